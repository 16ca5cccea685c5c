from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("veritag_wagtail", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="giventag",
            name="version",
            field=models.CharField(default="", max_length=255),
        ),
    ]
