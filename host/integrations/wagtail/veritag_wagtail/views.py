"""What Veritag says when it has looked at an upload, by Standard Webhooks (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import json
import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from .models import GivenTag
from .uploads import external, label

TOLERANCE = 300
HEARD = ("assessment.completed", "review.changed")


@csrf_exempt
@require_POST
def tell(request):
    if not signed(request.headers, request.body):
        return HttpResponse("the signature is wrong or old", status=401)
    message = json.loads(request.body)
    about, assessment = message["data"].get("external"), message["data"].get("assessment")
    if message["type"] in HEARD and about and assessment:
        instance = named(about)
        if instance:
            give(instance, assessment["keyword"])
    return HttpResponse(status=204)


def named(about):
    """The image or document that `uploads.tell` called so; None for what is not ours, or has another file by now."""
    of, _, rest = about.partition(" ")
    key = rest.rpartition(" ")[0]
    for model in (get_image_model(), get_document_model()):
        if of == model._meta.label_lower:
            try:
                found = model.objects.filter(pk=key).first()
            except (ValueError, ValidationError):  # no key of this model: a number, a UUID
                return None
            return found if found and external(found) == about else None
    return None


def signed(headers, body):
    identity, shown, moment = (headers.get(f"webhook-{name}", "") for name in ("id", "signature", "timestamp"))
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE:
        return False
    secret = base64.b64decode(settings.VERITAG_SECRET.removeprefix("whsec_"))
    if not secret:
        return False
    digest = hmac.new(secret, f"{identity}.{moment}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(digest)
    return any(hmac.compare_digest(wanted, some) for some in shown.encode().split())


def give(instance, keyword):
    """In place of the tag that was given before, if one was; a tag that was there already is not ours."""
    earlier = GivenTag.objects.filter(asset=label(instance)).first()
    if earlier and earlier.tag == keyword:
        return
    if earlier:
        instance.tags.remove(earlier.tag)
        earlier.delete()
    if keyword not in instance.tags.names():
        instance.tags.add(keyword)
        GivenTag.objects.create(asset=label(instance), tag=keyword, version=external(instance))
