//! Which Python symbols a checkpoint may name.
//!
//! Nothing here is ever imported or called. The point is to say loudly that a file was made to attack
//! whoever opens it with `torch.load`: what an `nn.Module` pickles needs few symbols, and none that acts.

use super::error::{ImportError, Result};

/// Symbols of modules that are otherwise refused.
const ALLOWED: &[&str] = &[
    "_codecs.encode",
    "argparse.Namespace",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "copyreg._reconstructor",
    "datetime.datetime",
    "datetime.timedelta",
    "functools.partial",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "numpy.ndarray",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePosixPath",
    "pathlib.WindowsPath",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.serialization._get_layout",
    "types.SimpleNamespace",
];

/// Builtins that only hold data.
const PLAIN: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
];

/// Beginnings of symbols of torch and torchvision that are layers, functions of layers, optimisers or tensors.
const LAYERS: &[&str] = &[
    "torch._utils._rebuild_",
    "torch.nn.",
    "torch.optim.",
    "torch._C._nn.",
    "torchvision.models.",
    "torchvision.ops.",
];

/// Other packages that can act on the machine.
const ACTING: &[&str] = &[
    "IPython",
    "__builtin__",
    "_pytest",
    "cPickle",
    "cloudpickle",
    "commands",
    "dill",
    "distutils",
    "joblib",
    "nose",
    "numpy",
    "os2",
    "pip",
    "pkg_resources",
    "popen2",
    "pytest",
    "requests",
    "scipy",
    "setuptools",
    "thread",
    "torch",
    "torchvision",
    "urllib2",
];

/// Top-level modules of Python's standard library (`sys.stdlib_module_names`), less private ones.
const STANDARD: &str = include_str!("stdlib.txt");

/// The symbol's name as Python 3 writes it, if a checkpoint may name it.
///
/// # Errors
/// [`ImportError::Hostile`], naming the symbol.
pub fn admit(module: &str, name: &str) -> Result<String> {
    let module = match module {
        "copy_reg" => "copyreg",
        "__builtin__" => "builtins",
        other => other,
    };
    let full = format!("{module}.{name}");
    if allowed(module, name, &full) {
        return Ok(full);
    }
    Err(ImportError::Hostile(format!(
        "its pickle names `{full}`, which no model needs and which could act on the machine that opens it"
    )))
}

fn allowed(module: &str, name: &str, full: &str) -> bool {
    let top = module.split('.').next().unwrap_or_default();
    let plain = module == "builtins" && PLAIN.contains(&name);
    let layer = LAYERS.iter().any(|prefix| full.starts_with(prefix));
    let data = module == "torch" && is_torch_data(name);
    // A dotted name walks attributes: `torch.nn.modules.module` + `torch.load`.
    let dotted = name.contains('.');
    ALLOWED.contains(&full) || !dotted && (plain || layer || data || !acts(top))
}

fn is_torch_data(name: &str) -> bool {
    let dtype = ["float", "int", "uint", "bfloat", "complex", "bool", "half", "double", "long"];
    name.ends_with("Storage") || dtype.iter().any(|prefix| name.starts_with(prefix))
}

fn acts(top: &str) -> bool {
    let main = top == "__main__";
    let private = top.starts_with('_') || top.is_empty();
    !main && (private || ACTING.contains(&top) || STANDARD.split_whitespace().any(|module| module == top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_modules_pickle_is_admitted() {
        for (module, name) in [
            ("torch.nn.modules.conv", "Conv2d"),
            ("torchvision.models.resnet", "Bottleneck"),
            ("__main__", "Model"),
            ("src.net", "Detector"),
            ("torch", "FloatStorage"),
            ("copy_reg", "_reconstructor"),
            ("__builtin__", "object"),
        ] {
            assert!(admit(module, name).is_ok(), "{module}.{name}");
        }
    }

    #[test]
    fn what_acts_is_refused_by_name() {
        for (module, name) in [
            ("os", "system"),
            ("posix", "system"),
            ("builtins", "eval"),
            ("__builtin__", "getattr"),
            ("subprocess", "Popen"),
            ("torch", "load"),
            ("torch.hub", "load"),
            ("torch.storage", "_load_from_bytes"),
            ("numpy.testing._private.utils", "runstring"),
            ("runpy", "_run_code"),
            ("", "x"),
            ("net", "os.system"),
            ("torch.nn.modules.module", "torch.load"),
        ] {
            let error = admit(module, name).unwrap_err();
            assert_eq!(error.code(), "model-checkpoint-hostile");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
