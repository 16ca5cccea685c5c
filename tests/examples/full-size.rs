//! Writes a full-size checkpoint with random weights, for the benches: `full-size FILE.safetensors`.

fn main() {
    let path = std::env::args_os().nth(1).expect("usage: full-size FILE");
    veritag_tests::full_size::write(path.as_ref());
}
