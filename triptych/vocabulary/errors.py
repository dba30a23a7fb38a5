"""What can go wrong, in the domain's terms.

TriptychError
├── InvalidArgument      the caller must change the request
├── NotFound             the thing named does not exist
├── AlreadyExists        the thing to make exists
├── Aborted              somebody else was faster; look again, or try again
├── Unauthenticated      who calls is not known
├── PermissionDenied     who calls may not do that
├── FailedPrecondition   the system is not in the state the request needs
├── ResourceExhausted    a limit is reached; less, or later
├── DeadlineExceeded     the time ran out
├── Unavailable          a dependency does not answer; trying again may help
└── Internal             a fault of ours

`triptych.runtime.errors` is the one table from these classes to gRPC's status codes. Every reason that a client can
meet stands in `Reason` and in docs/errors.md.
"""

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Why a call failed: the `reason` of google.rpc.ErrorInfo, stable for programs to read."""

    # the request as a whole
    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    INVALID_UTF8 = "INVALID_UTF8"
    FIELD_INVALID = "FIELD_INVALID"
    # who calls
    CREDENTIALS_MISSING = "CREDENTIALS_MISSING"
    CREDENTIALS_INVALID = "CREDENTIALS_INVALID"
    CREDENTIALS_EXPIRED = "CREDENTIALS_EXPIRED"
    ROLE_MISSING = "ROLE_MISSING"
    CATALOG_NOT_ALLOWED = "CATALOG_NOT_ALLOWED"
    CALLER_NOT_ALLOWED = "CALLER_NOT_ALLOWED"
    RATE_LIMITED = "RATE_LIMITED"
    CONCURRENCY_LIMITED = "CONCURRENCY_LIMITED"
    # what a part holds
    EMPTY_TEXT = "EMPTY_TEXT"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    MEDIA_TOO_LARGE = "MEDIA_TOO_LARGE"
    MEDIA_EMPTY = "MEDIA_EMPTY"
    IMAGE_UNREADABLE = "IMAGE_UNREADABLE"
    IMAGE_TOO_MANY_PIXELS = "IMAGE_TOO_MANY_PIXELS"
    AUDIO_UNREADABLE = "AUDIO_UNREADABLE"
    AUDIO_TOO_LONG = "AUDIO_TOO_LONG"
    AUDIO_TOO_SHORT = "AUDIO_TOO_SHORT"
    AUDIO_SILENT = "AUDIO_SILENT"
    SPEECH_NOT_UNDERSTOOD = "SPEECH_NOT_UNDERSTOOD"
    URI_NOT_ALLOWED = "URI_NOT_ALLOWED"
    URI_UNAVAILABLE = "URI_UNAVAILABLE"
    URI_UNREADABLE = "URI_UNREADABLE"
    MEDIA_NOT_KEPT = "MEDIA_NOT_KEPT"
    REGION_INVALID = "REGION_INVALID"
    # what else a search asks for
    FILTER_INVALID = "FILTER_INVALID"
    PAGE_TOKEN_INVALID = "PAGE_TOKEN_INVALID"  # noqa: S105 - no secret
    PAGE_TOKEN_EXPIRED = "PAGE_TOKEN_EXPIRED"  # noqa: S105 - no secret
    NOT_CALIBRATED = "NOT_CALIBRATED"
    # feedback
    ATTRIBUTION_TOKEN_INVALID = "ATTRIBUTION_TOKEN_INVALID"  # noqa: S105 - no secret
    PRODUCT_NOT_SHOWN = "PRODUCT_NOT_SHOWN"
    # vectors and their mixing
    VECTOR_INVALID = "VECTOR_INVALID"
    DIMENSION_MISMATCH = "DIMENSION_MISMATCH"
    SPACE_MISMATCH = "SPACE_MISMATCH"
    SIMILARITY_NOT_INDEXED = "SIMILARITY_NOT_INDEXED"
    NO_POSITIVE_PART = "NO_POSITIVE_PART"
    PARTS_CANCEL = "PARTS_CANCEL"
    VECTORS_MISSING = "VECTORS_MISSING"
    # the catalogue
    CATALOG_NOT_FOUND = "CATALOG_NOT_FOUND"
    CATALOG_EXISTS = "CATALOG_EXISTS"
    CATALOG_OUTDATED = "CATALOG_OUTDATED"
    PRODUCT_NOT_FOUND = "PRODUCT_NOT_FOUND"
    PRODUCT_EXISTS = "PRODUCT_EXISTS"
    PRODUCT_EMPTY = "PRODUCT_EMPTY"
    PRODUCT_TOO_LARGE = "PRODUCT_TOO_LARGE"
    DUPLICATE_ID = "DUPLICATE_ID"
    # streams of products
    RESUME_TOKEN_INVALID = "RESUME_TOKEN_INVALID"  # noqa: S105 - no secret
    STREAM_STALLED = "STREAM_STALLED"
    ETAG_MISMATCH = "ETAG_MISMATCH"
    WRITE_CONFLICT = "WRITE_CONFLICT"
    # a model upgrade
    UPGRADE_NOT_FOUND = "UPGRADE_NOT_FOUND"
    UPGRADE_RUNNING = "UPGRADE_RUNNING"
    UPGRADE_NOT_NEEDED = "UPGRADE_NOT_NEEDED"
    UPGRADE_NOT_READY = "UPGRADE_NOT_READY"
    NEXT_PACK_MISSING = "NEXT_PACK_MISSING"
    # the pack
    MODALITY_NOT_SERVED = "MODALITY_NOT_SERVED"
    MODEL_NOT_SERVED = "MODEL_NOT_SERVED"
    # the system
    STORAGE_FULL = "STORAGE_FULL"
    OVERLOADED = "OVERLOADED"
    STOPPING = "STOPPING"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    DEPENDENCY_UNAVAILABLE = "DEPENDENCY_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class TriptychError(Exception):
    """Base of every error that a room raises on purpose.

    Args:
        message: one sentence for the client's developer; says what is allowed. Nothing of the inside.
        reason: why, for programs.
        field: path of the field to blame, such as "parts[0].image.data"; empty when no field is.
        metadata: the variables of the message, for programs.
        retry_after_ms: when trying the same again may help; None when it will not.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Reason,
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.field = field
        self.metadata = dict(metadata or {})
        self.retry_after_ms = retry_after_ms

    def under(self, prefix: str) -> "TriptychError":
        """Return the same error with its field seen from one level further out: "data" → "parts[0].data"."""
        return self.at(f"{prefix}.{self.field}" if self.field else prefix)

    def at(self, field: str) -> "TriptychError":
        """Return the same error with *field* to blame."""
        return type(self)(
            self.message,
            reason=self.reason,
            field=field,
            metadata=self.metadata,
            retry_after_ms=self.retry_after_ms,
        )


class InvalidArgument(TriptychError):
    """The caller must change the request."""


class NotFound(TriptychError):
    """The thing named does not exist."""


class AlreadyExists(TriptychError):
    """The thing to make exists."""


class Aborted(TriptychError):
    """Somebody else was faster."""


class Unauthenticated(TriptychError):
    """Who calls is not known."""


class PermissionDenied(TriptychError):
    """Who calls may not do that."""


class FailedPrecondition(TriptychError):
    """The system is not in the state that the request needs."""


class ResourceExhausted(TriptychError):
    """A limit is reached."""


class DeadlineExceeded(TriptychError):
    """The time ran out."""

    def __init__(
        self,
        message: str = "The deadline passed before the work was done.",
        *,
        reason: Reason = Reason.DEADLINE_EXCEEDED,
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(
            message, reason=reason, field=field, metadata=metadata, retry_after_ms=retry_after_ms
        )


class Unavailable(TriptychError):
    """A dependency does not answer."""

    RETRY_AFTER_MS = 1000

    @classmethod
    def because_of(cls, dependency: str) -> "Unavailable":
        """Return the error for a *dependency* ("triton", "milvus", "encoder" …) that does not answer."""
        return cls(
            f"The {dependency} does not answer; try again in a moment.",
            reason=Reason.DEPENDENCY_UNAVAILABLE,
            metadata={"dependency": dependency},
            retry_after_ms=cls.RETRY_AFTER_MS,
        )


class Internal(TriptychError):
    """A fault of ours; the client learns no more than that."""

    def __init__(
        self,
        message: str = "Internal error.",
        *,
        reason: Reason = Reason.INTERNAL,
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(
            message, reason=reason, field=field, metadata=metadata, retry_after_ms=retry_after_ms
        )
