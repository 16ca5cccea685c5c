from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="GivenTag",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="ID", auto_created=True)),
                ("asset", models.CharField(max_length=255, unique=True)),
                ("tag", models.CharField(max_length=255)),
            ],
        ),
    ]
