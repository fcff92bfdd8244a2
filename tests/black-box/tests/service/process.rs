//! A child process that ends with this one, however this one ends.

use std::io;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

/// Waits until its standard input closes, also by the suite's death, then ends the process `$1` and
/// removes the folder `$2`.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
read -r _
kill -TERM "$1" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.5
done
kill -KILL "$1" 2>/dev/null
rm -rf -- "$2"
"#;

/// A child and the watchdog that ends it.
pub(crate) struct Guarded {
    child: Mutex<Child>,
    watchdog: Mutex<(Child, Option<ChildStdin>)>,
}

impl Guarded {
    /// Starts `command`, and removes `folder` once it has ended.
    pub(crate) fn start(command: &mut Command, folder: &Path) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", &child.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .spawn();
        match watchdog {
            Ok(mut watchdog) => {
                let pipe = watchdog.stdin.take();
                Ok(Self { child: Mutex::new(child), watchdog: Mutex::new((watchdog, pipe)) })
            }
            Err(error) => {
                child.kill()?;
                Err(error)
            }
        }
    }

    /// Takes the child's standard output.
    pub(crate) fn take_stdout(&self) -> Option<std::process::ChildStdout> {
        self.child.lock().ok()?.stdout.take()
    }

    /// Sends a signal to the child.
    pub(crate) fn signal(&self, name: &str) -> io::Result<()> {
        let pid = self.child.lock().map_or(0, |child| child.id()).to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status()?;
        if sent.success() { Ok(()) } else { Err(io::Error::other("kill failed")) }
    }

    /// Ends the child and waits for it.
    pub(crate) fn stop(&self) {
        let (Ok(mut child), Ok(mut watchdog)) = (self.child.lock(), self.watchdog.lock()) else {
            return;
        };
        drop(watchdog.1.take());
        let _ = child.wait();
        let _ = watchdog.0.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}
