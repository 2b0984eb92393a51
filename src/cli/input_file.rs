//! Files that a command line names: read whole, with a limit on size and time.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// A pipe without a writer would otherwise hold the command for ever.
const FILE_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a file, or a pipe such as that of `<(…)`. `-` is standard input, which may take any time. Fails with `FileTooLarge`
/// beyond `bytes_max`.
pub async fn read(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    read_within(FILE_TIMEOUT, path, bytes_max).await
}

async fn read_within(limit: Duration, path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        return limited(io::stdin().lock(), bytes_max);
    }
    let path = path.to_owned();
    // The thread of a pipe without a writer ends with the process.
    let reading = spawn_blocking(move || limited(File::open(path)?, bytes_max));
    match timeout(limit, reading).await {
        Ok(read) => read?,
        Err(_) => {
            let message = format!("nothing more came from it within {} s", limit.as_secs());
            Err(io::Error::new(ErrorKind::TimedOut, message))
        }
    }
}

/// Reads to the end. Fails with `FileTooLarge` beyond `bytes_max`.
pub fn limited(input: impl Read, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    #[tokio::test]
    async fn a_pipe_without_a_writer_ends_at_the_time_limit() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let pipe = folder.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).expect("a pipe");
        let error = read_within(Duration::from_millis(20), &pipe, 10).await.expect_err("no writer");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        // Lets the thread end, for which the runtime of the test waits.
        drop(File::options().read(true).write(true).open(&pipe));
    }

    #[tokio::test]
    async fn a_file_up_to_the_limit_is_read_whole_and_one_without_an_end_is_refused() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "0123456789").expect("a file");
        assert_eq!(read(&file, 10).await.expect("ten bytes"), b"0123456789");
        for (path, bytes_max) in [(&*file, 9), (Path::new("/dev/zero"), 100)] {
            assert_eq!(read(path, bytes_max).await.expect_err("too large").kind(), ErrorKind::FileTooLarge);
        }
        assert!(read(folder.path(), 10).await.expect_err("a folder").to_string().contains("directory"));
    }
}
