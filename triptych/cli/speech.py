"""`triptych speech`: gives a pack a model that transcribes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.cli.output import EXIT_BAD_INPUT, fail, out
from triptych.cli.pack import Packs, store_of
from triptych.cli.suite import State, suite_settings

if TYPE_CHECKING:
    from training.packs.add import Write


def speech(
    to: Annotated[str, typer.Option(help="NAME, NAME-VERSION, or the folder of a pack.")],
    catalog: Annotated[
        Path | None, typer.Option(help="Hear what shoppers say about these products (.jsonl, as for ingest).")
    ] = None,
    synonyms: Annotated[
        Path | None, typer.Option(help="With --catalog: attribute: value: [ways to say it], YAML or JSON.")
    ] = None,
    free: Annotated[
        bool,
        typer.Option("--free", help="With --catalog: any sequence of its words, not sentences of a grammar."),
    ] = False,
    grammar: Annotated[
        Path | None, typer.Option(help="Hear the sentences of a grammar: .jsgf, .yaml or .json.")
    ] = None,
    pronunciations: Annotated[
        Path | None,
        typer.Option(help="A word and its phones (CMU) a line, for words that no dictionary has."),
    ] = None,
    whisper: Annotated[
        Path | None,
        typer.Option(help="Hear anything by the Whisper model in this folder; slots by --catalog."),
    ] = None,
    language: Annotated[str, typer.Option(help="With --whisper: such as en; default: found out.")] = "",
    packs: Packs = None,
    state: State = None,
) -> None:
    """Give a pack a model that transcribes speech, made from a catalogue, a grammar or a Whisper model."""
    if (whisper or catalog or grammar) is None or (grammar and (catalog or whisper)):
        raise fail("say what to hear: --catalog, --grammar or --whisper", EXIT_BAD_INPUT)
    # What makes a transcriber takes seconds to import: only this command pays for it.
    from training.errors import TrainingError
    from training.packs.add import add_model
    from training.speech.write import MODEL, REQUIRES
    from triptych.packs.pack import PackError

    try:
        if whisper:
            write = _of_whisper(whisper, language, catalog, synonyms)
        elif catalog:
            write = _of_catalogue(catalog, synonyms, pronunciations, free=free)
        else:
            assert grammar is not None
            write = _of_grammar(grammar, pronunciations)
        folder = store_of(suite_settings(state, packs=packs)).find(to)
        pack = add_model(folder, MODEL, write, REQUIRES["whisper" if whisper else "pocketsphinx"])
    except (PackError, TrainingError) as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    except OSError as error:
        raise fail(f"{error.filename or to}: {error.strerror or error}", EXIT_BAD_INPUT) from error
    out.print(f"{pack.id} transcribes now; serve it with `triptych pack use`")


def _of_grammar(grammar: Path, pronunciations: Path | None) -> "Write":
    from training.speech.jsgf import read_jsgf_file
    from training.speech.slot_grammar import read_slot_grammar
    from training.speech.transcriber import read_dictionary
    from training.speech.write import write_grammar_transcriber

    said = read_jsgf_file(grammar) if grammar.suffix == ".jsgf" else read_slot_grammar(grammar)
    known = read_dictionary(pronunciations) if pronunciations else {}
    return lambda folder, pack: write_grammar_transcriber(
        folder, said, pack=pack.name, version=pack.version, pronunciations=known
    )


def _of_catalogue(
    catalog: Path, synonyms: Path | None, pronunciations: Path | None, *, free: bool
) -> "Write":
    from training.speech.catalogue import read_catalogue
    from training.speech.transcriber import read_dictionary
    from training.speech.write import write_catalogue_transcriber

    products = read_catalogue(catalog, synonyms)
    known = read_dictionary(pronunciations) if pronunciations else {}
    return lambda folder, pack: write_catalogue_transcriber(
        folder, products, pack=pack.name, version=pack.version, free=free, pronunciations=known
    )


def _of_whisper(model: Path, language: str, catalog: Path | None, synonyms: Path | None) -> "Write":
    from training.speech.catalogue import read_catalogue
    from training.speech.write import write_whisper_transcriber

    ways = read_catalogue(catalog, synonyms).ways if catalog else {}
    return lambda folder, pack: write_whisper_transcriber(
        folder, model, pack=pack.name, version=pack.version, language=language, ways=ways
    )
