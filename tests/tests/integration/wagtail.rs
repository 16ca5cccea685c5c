//! Wagtail: an editor uploads an image and a video, and they are tagged.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use veritag_tests::service::{Site, TOKEN};
use veritag_tests::{fixture, root, run};

use crate::process::{Process, free_port, program, until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Signs in as an editor, uploads a file through the admin's own form, and prints what Wagtail answered.
const EDITOR: &str = r#"
import sys
from django.test import Client
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
user, _ = get_user_model().objects.get_or_create(username="editor", is_superuser=True, is_staff=True)
client = Client()
client.force_login(user)
for kind, path, field in (("images", "IMAGE", "image/jpeg"), ("documents", "VIDEO", "video/mp4")):
    upload = SimpleUploadedFile(path.rsplit("/", 1)[1], open(path, "rb").read(), field)
    answer = client.post(f"/admin/{kind}/add/", {"title": "an upload", "file": upload, "collection": 1, "tags": "by-ann"})
    print(kind, answer.status_code)
"#;

/// Replaces the image's file by one that shows nobody, through the admin's own form, and prints what Wagtail answered.
const REPLACE: &str = r#"
from django.test import Client
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from wagtail.images import get_image_model
client = Client()
client.force_login(get_user_model().objects.get(username="editor"))
image = get_image_model().objects.get()
upload = SimpleUploadedFile("nobody.png", open("IMAGE", "rb").read(), "image/png")
form = {"title": image.title, "file": upload, "collection": 1, "tags": ", ".join(image.tags.names())}
print(client.post(f"/admin/images/{image.pk}/", form).status_code)
"#;

/// Prints the tags of everything.
const TAGS: &str = r#"
from wagtail.images import get_image_model
from wagtail.documents import get_document_model
for model in (get_image_model(), get_document_model()):
    for asset in model.objects.all():
        print(asset.filename, sorted(asset.tags.names()))
"#;

struct Wagtail<'a>(&'a Path);

impl Wagtail<'_> {
    fn manage(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("python"));
        command.arg("manage.py").args(arguments).current_dir(self.0.join("library"));
        command.env("PYTHONPATH", root().join("host/integrations/wagtail"));
        command
    }

    fn shell(&self, script: &str) -> String {
        let output = run(self.manage(&["shell", "--no-imports", "-c", script]).stderr(Stdio::piped()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A new site, as `wagtail start` makes it, with our app as its README says.
    fn make(&self, service: &str) {
        let made = run(Command::new(program("wagtail")).args(["start", "library"]).current_dir(self.0));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let settings = format!(
            "\nINSTALLED_APPS += ['veritag_wagtail']\nMEDIA_ROOT = {:?}\nVERITAG_URL = {service:?}\n\
             VERITAG_TOKEN = {TOKEN:?}\nVERITAG_SECRET = {SECRET:?}\nALLOWED_HOSTS = ['*']\nWAGTAILDOCS_EXTENSIONS = ['mp4']\n",
            self.0.join("media")
        );
        append(&self.0.join("library/library/settings/base.py"), &settings);
        append(
            &self.0.join("library/library/urls.py"),
            "\nurlpatterns.insert(0, path('veritag/', include('veritag_wagtail.urls')))\n",
        );
        let migrated = run(&mut self.manage(&["migrate", "--verbosity", "0"]));
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    }
}

fn append(path: &Path, text: &str) {
    let before = fs::read_to_string(path).unwrap();
    fs::write(path, before + text).unwrap();
}

#[test]
#[ignore = "make test-integration"]
fn what_an_editor_uploads_is_tagged() {
    let port = free_port();
    let site = Site::new(&format!(
        "[[source]]\nname = 'wagtail'\ndialect = 'veritag'\ntoken = {{ env = 'VERITAG_TEST_TOKEN' }}\nroot = 'ROOT'\n\
         [[webhook]]\nurl = 'http://127.0.0.1:{port}/veritag/'\nsecret = {{ file = 'ROOT/secret' }}\n"
    ));
    fs::write(site.media("secret"), SECRET).unwrap();
    let service = site.serve();
    let wagtail = Wagtail(site.directory.path());
    wagtail.make(&service.address);
    let mut server = wagtail.manage(&["runserver", "--noreload", &format!("127.0.0.1:{port}")]);
    let _server = Process::listening(
        {
            server.stdout(Stdio::null()).stderr(Stdio::null());
            server
        },
        port,
    );

    let script = EDITOR.replace("IMAGE", fixture("media/portrait.jpg").to_str().unwrap());
    let uploaded = wagtail.shell(&script.replace("VIDEO", fixture("media/no-face.mp4").to_str().unwrap()));
    assert_eq!(uploaded, "images 302\ndocuments 302\n");
    until("both are tagged", || wagtail.shell(TAGS).matches("deepfake-check:").count() == 2);
    let tags = wagtail.shell(TAGS);
    assert!(tags.contains("['by-ann', 'deepfake-check:no-manipulation-found']"), "{tags}\n{}", site.log());
    assert!(tags.contains("['by-ann', 'deepfake-check:not-assessed']"), "{tags}");

    let nobody = REPLACE.replace("IMAGE", fixture("media/alpha.png").to_str().unwrap());
    assert_eq!(wagtail.shell(&nobody), "302\n");
    until("the new file is told of", || wagtail.shell(TAGS).matches("'deepfake-check:not-assessed'").count() == 2);
}
