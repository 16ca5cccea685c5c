from django.apps import AppConfig


class VeritagConfig(AppConfig):
    name = "veritag_wagtail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import uploads

        uploads.connect()
