"""What stops a training run, said so that whoever runs it can mend it."""


class TrainingError(Exception):
    """The training cannot go on; the message is one clear sentence that names the file, line or field to blame."""
