"""Every deliberate error of cuetrack.

    CuetrackError                 something a user can act on; the command line prints it without a traceback
    ├── MediaError                a recording cannot be used
    │   ├── MediaNotFound         no such file, or not a file
    │   ├── MediaUnreadable       no container, no stream, or nothing that decodes
    │   └── SyncNotFound          the clocks of two recordings could not be aligned
    ├── PeopleError               who is who cannot be settled from what was given
    ├── ModelError                a model file is missing or is not the one that was expected
    ├── TableError                a table breaks the rules of `cuetrack.tables`
    ├── StoreError                a session folder cannot be read or written
    │   ├── SessionNotFound       no session there
    │   ├── SessionTooNew         written by a newer cuetrack
    │   ├── SessionLocked         another process is working on it
    │   └── WrongPassphrase       a locked session was not locked with this passphrase
    ├── ConsentWithdrawn          a person took back their consent; only deleting is left
    ├── StillSeen                 a shareable copy was not made: a face could still be found in it
    ├── ScriptError               a simulation script is wrong
    ├── PatternError              a pattern file is wrong
    ├── ManifestError             a study manifest is wrong
    ├── FormatError               a file to import is not in the format it claims
    └── NotEnoughData             an honest refusal: too little to estimate from

A message says what was expected, what came, and what to do.
"""


class CuetrackError(Exception):
    """Say what went wrong and what to do, in words for the person at the keyboard."""


class MediaError(CuetrackError):
    """A recording cannot be used."""


class MediaNotFound(MediaError):
    """There is no such file, or it is not a file."""


class MediaUnreadable(MediaError):
    """The file holds nothing that can be decoded."""


class SyncNotFound(MediaError):
    """The clocks of two recordings could not be aligned."""


class PeopleError(CuetrackError):
    """Who is who cannot be settled from what was given."""


class ModelError(CuetrackError):
    """A model file is missing or is not the one that was expected."""


class TableError(CuetrackError):
    """A table breaks the rules of `cuetrack.tables`."""


class StoreError(CuetrackError):
    """A session folder cannot be read or written."""


class SessionNotFound(StoreError):
    """There is no session at this place."""


class SessionTooNew(StoreError):
    """The session folder was written by a newer cuetrack."""


class SessionLocked(StoreError):
    """Another process is working on this session."""


class WrongPassphrase(StoreError):
    """The session was not locked with this passphrase."""


class ConsentWithdrawn(CuetrackError):
    """A person took back their consent to the analysis."""


class StillSeen(CuetrackError):
    """A face could still be found in what was to be shared."""


class ScriptError(CuetrackError):
    """A simulation script is wrong."""


class PatternError(CuetrackError):
    """A pattern file is wrong."""


class ManifestError(CuetrackError):
    """A study manifest is wrong."""


class FormatError(CuetrackError):
    """A file to import is not in the format it claims."""


class NotEnoughData(CuetrackError):
    """There is too little data to estimate what was asked."""
