//! Finds libactionclip: ACTIONCLIP_LIB_DIR (and ACTIONCLIP_INCLUDE_DIR), else pkg-config. Nothing is downloaded.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

/// The declarations, which state the ABI number of the header that they were written from.
const BINDINGS: &str = include_str!("src/bindings.rs");

fn main() {
    for variable in [
        "ACTIONCLIP_LIB_DIR",
        "ACTIONCLIP_INCLUDE_DIR",
        "PKG_CONFIG",
        "PKG_CONFIG_PATH",
        "PKG_CONFIG_LIBDIR",
        "PKG_CONFIG_SYSROOT_DIR",
    ] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let include = match env::var_os("ACTIONCLIP_LIB_DIR") {
        Some(folder) => {
            let folder = PathBuf::from(folder);
            if !folder.join("libactionclip.so").exists() {
                fail(&format!("ACTIONCLIP_LIB_DIR is {}, and there is no libactionclip.so", folder.display()));
            }
            println!("cargo:rustc-link-search=native={}", folder.display());
            println!("cargo:lib_dir={}", folder.display());
            println!("cargo:rustc-link-lib=dylib=actionclip");
            env::var_os("ACTIONCLIP_INCLUDE_DIR").map(PathBuf::from)
        }
        None => ask_pkg_config(),
    };
    if let Some(folder) = include {
        check_header(&folder.join("actionclip.h"));
        println!("cargo:include={}", folder.display());
    }
}

/// Prints what pkg-config says about the library, and returns the folder of its header.
fn ask_pkg_config() -> Option<PathBuf> {
    let tool = env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    let ask = |what: &str| -> String {
        let wanted = concat!("actionclip >= ", env!("CARGO_PKG_VERSION"));
        match Command::new(&tool).args(["--print-errors", what, wanted]).output() {
            Ok(answer) if answer.status.success() => String::from_utf8_lossy(&answer.stdout).trim().to_owned(),
            Ok(answer) => fail(&format!(
                "pkg-config does not know libactionclip: {}",
                String::from_utf8_lossy(&answer.stderr).trim().replace('\n', " ")
            )),
            Err(error) => fail(&format!("{} cannot be run: {error}", tool.to_string_lossy())),
        }
    };
    let folder = ask("--variable=libdir");
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:lib_dir={folder}");
    println!("cargo:rustc-link-lib=dylib=actionclip");
    Some(ask("--variable=includedir").into())
}

/// Stops if a header has another ABI number than the bindings.
fn check_header(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => fail(&format!("{} cannot be read: {error}", path.display())),
    };
    let after = |text: &str, start: &str| -> Option<i32> {
        let value = text.lines().find_map(|line| line.strip_prefix(start))?;
        value.trim().trim_end_matches(';').parse().ok()
    };
    let theirs = after(&text, "#define ACTIONCLIP_ABI_VERSION ");
    let ours = after(BINDINGS, "pub const ACTIONCLIP_ABI_VERSION: i32 = ");
    if theirs.is_none() || theirs != ours {
        fail(&format!(
            "{} has the ABI number {theirs:?}, these bindings {ours:?}: install the libactionclip that they are for",
            path.display()
        ));
    }
}

fn fail(why: &str) -> ! {
    eprintln!("actionclip-sys: {why}");
    eprintln!(
        "actionclip-sys: install libactionclip (make install), with PKG_CONFIG_PATH naming the folder of actionclip.pc \
         if it is not a usual one, or set ACTIONCLIP_LIB_DIR to the folder of libactionclip.so"
    );
    exit(1)
}
