from django.urls import path

from .views import tell

urlpatterns = [path("", tell)]
