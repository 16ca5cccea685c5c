from django.db import models


class GivenTag(models.Model):
    """A tag that Veritag gave, so that no other is ever taken away."""

    asset = models.CharField(max_length=255, unique=True)
    tag = models.CharField(max_length=255)
    version = models.CharField(max_length=255, default="")
