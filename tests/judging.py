"""How a verdict is put together, whatever it is on."""


def faults_among(*judged: tuple[object, str]) -> list[str]:
    """What is wrong, in words: of each pair of something and how it would be said, those where it is so."""
    return [fault for wrong, fault in judged if wrong]
