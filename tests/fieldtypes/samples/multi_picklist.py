"""Several of several options."""

from tests.fieldtypes.samples import Case, Sample

OPTIONS = [
    {'key': key, 'label': {'en': key.title(), 'vi': vi}} for key, vi in (('popup', 'Nảy'), ('mail', 'Thư'), ('sms', 'Tin'))
]
OPTIONS.append({'key': 'near', 'label': {'en': 'Near, by car', 'vi': 'Gần; đi xe'}})
SAMPLE = Sample(
    keywords={'x-options': OPTIONS},
    cases=(Case(['mail'], shown='Mail'), Case(['popup', 'sms'], write=['sms', 'popup'], cell='Popup, Sms', shown='Popup')),
    extremes=(Case(['popup', 'mail', 'sms'], write=['sms', 'mail', 'popup']), Case(['mail', 'near'], cell='Mail, near')),
    refused=((['fax'], 'REC-E014'), ('mail', 'REC-E024')),
    operands={'has_any': [['mail', 'sms'], ['popup']], 'has_all': [['popup', 'sms']], 'has_none': [['mail']]},
)
