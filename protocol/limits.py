"""Every bound of the wire, each with its reason; a client learns the ones it needs from `Welcome`."""

PROTOCOL_VERSION = 1

# A deed is a sentence, not a file. 4,096 bytes is what the field allows a client and holds the
# longest legal message (a Hello with a 2,048-byte token) nearly twice.
CLIENT_MESSAGE_BYTES_MAX = 4096

# The largest thing a server says is Welcome with its catalogue; a client may allocate this much.
SERVER_MESSAGE_BYTES_MAX = 65536

# Four bytes of big-endian length before each message on TCP. The same width as the WebSocket
# header of a frame, so that both transports share one row layout.
TCP_PREFIX_BYTES = 4

# Fits on a name plate; long enough for two words in any script.
NAME_CHARS_MAX = 24

# A signed token with a dozen claims stays well under this.
TOKEN_CHARS_MAX = 2048

# Resume tokens are 32 characters; the bound keeps a forged one from costing a hash of 4 KB.
RESUME_CHARS_MAX = 64

# "engine/1.2.3 (platform)", for the operator's log only.
CLIENT_NAME_CHARS_MAX = 64

# Volume, colours, a dozen switches: what fits a kilobyte costs the city little even for everybody who ever came.
SETTINGS_BYTES_MAX = 1024
# Maps and arrays in one another, the outermost included: a switch in a group in a section, and one to spare.
SETTINGS_LEVELS_MAX = 4

# Longest deed name; names are identifiers, the catalogue lists them.
DEED_CHARS_MAX = 32

# A close frame carries at most 125 bytes, two of them the code (RFC 6455, section 5.5).
REASON_BYTES_MAX = 123

# Nearest avatars a viewer knows of, and how many of them one frame refreshes.
INTEREST_MAX = 64
FRAME_RECORDS_MAX = 32
FRAME_NEAREST = 16
PINNED_MAX = 8

# Offsets in a frame are int16 centimetres, so nobody farther than this can be shown.
SIGHT_CM_MAX = 32767

# Nearest crystals a viewer is shown: as many as a runner can tell apart, 288 bytes twice a second.
CRYSTALS_MAX = 24

# Parts of the sky that distant bursts are counted in: what a glance tells apart.
SKY_EIGHTHS = 8

# Profiles in one Profiles message, one message a frame: eighty new faces a second, more than pass
# anybody in a running crowd, and at most two TCP segments even with every slider of a look set.
PROFILES_PER_MESSAGE_MAX = 8
