//! What the tensors of the family are called, in the two ways that are in use.

use super::error::{ImportError, Result};
use super::tensors::{Tensor, Tensors};

/// Wrappers that only put their own name in front: `DataParallel` and `torch.compile`.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];
const FIRST_BLOCK: &str = "layer1.0.conv1.weight";
/// Heads that scripts of the family name so, the likeliest first.
const HEADS: [&str; 6] = ["linear1", "linear", "classifier", "head", "fc", "fc1"];

/// A checkpoint's tensors, handed out once each by torchvision's names.
#[derive(Debug)]
pub struct Names {
    tensors: Tensors,
    /// In front of the backbone's names.
    backbone: String,
    /// Children are numbered as in `nn.Sequential(*list(resnext.children())[:-2])`.
    numbered: bool,
    /// In front of the LSTM's names.
    lstm: String,
}

impl Names {
    /// # Errors
    /// `Missing` where there is no first block or no LSTM to go by.
    pub fn find(tensors: Tensors) -> Result<Self> {
        let tensors = unwrap(tensors);
        let (backbone, numbered) = match (prefix(&tensors, FIRST_BLOCK), prefix(&tensors, &numbered(FIRST_BLOCK))) {
            (Some(prefix), _) => (prefix, false),
            (None, Some(prefix)) => (prefix, true),
            (None, None) => return Err(ImportError::Missing(vec![FIRST_BLOCK.to_owned()])),
        };
        let first = "weight_ih_l0";
        let lstm = prefix(&tensors, first).ok_or_else(|| ImportError::Missing(vec![format!("lstm.{first}")]))?;
        Ok(Self { tensors, backbone, numbered, lstm })
    }

    /// The checkpoint's own name for torchvision's `name`.
    pub fn backbone(&self, name: &str) -> String {
        let own = if self.numbered { numbered(name) } else { name.to_owned() };
        format!("{}{own}", self.backbone)
    }

    pub fn lstm(&self, name: &str) -> String {
        format!("{}{name}", self.lstm)
    }

    /// The last layer: the first of the usual names whose weight has `hidden` columns.
    ///
    /// # Errors
    /// `Missing` where there is none.
    pub fn head(&self, hidden: usize) -> Result<String> {
        let parent =
            self.lstm.trim_end_matches('.').rsplit_once('.').map_or(String::new(), |(parent, _)| format!("{parent}."));
        let fits =
            |name: &String| self.shape(&format!("{name}.weight")).is_some_and(|shape| shape.get(1) == Some(&hidden));
        let found = HEADS.iter().map(|head| format!("{parent}{head}")).find(fits);
        found.ok_or_else(|| ImportError::Missing(vec![format!("{parent}linear1.weight")]))
    }

    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// # Errors
    /// `Missing` where there is no such tensor, `Unsupported` where it is not finite.
    pub fn take(&mut self, name: &str) -> Result<Tensor> {
        let tensor = self.tensors.remove(name).ok_or_else(|| ImportError::Missing(vec![name.to_owned()]))?;
        match tensor.data.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                Err(ImportError::Unsupported(format!("`{name}` holds {} at {at}; train it again", tensor.data[at])))
            }
            None => Ok(tensor),
        }
    }

    /// To be called when all is taken: the network must have had no other tensors than torchvision's own classifier.
    ///
    /// # Errors
    /// `Extra`, naming them.
    pub fn finish(self) -> Result<()> {
        let classifier = format!("{}fc.", self.backbone);
        let extra: Vec<String> = self.tensors.into_keys().filter(|name| !name.starts_with(&classifier)).collect();
        if extra.is_empty() { Ok(()) } else { Err(ImportError::Extra(extra)) }
    }
}

fn unwrap(mut tensors: Tensors) -> Tensors {
    while let Some(wrapper) = WRAPPERS.iter().find(|&wrapper| tensors.keys().all(|name| name.starts_with(wrapper))) {
        if tensors.is_empty() {
            break;
        }
        tensors = tensors.into_iter().map(|(name, tensor)| (name[wrapper.len()..].to_owned(), tensor)).collect();
    }
    tensors
}

fn prefix(tensors: &Tensors, suffix: &str) -> Option<String> {
    let mut prefixes = tensors.keys().filter_map(|name| name.strip_suffix(suffix));
    prefixes.find(|prefix| prefix.is_empty() || prefix.ends_with('.')).map(str::to_owned)
}

/// `children()` of torchvision's ResNet: conv1, bn1, relu, maxpool, layer1 to layer4, avgpool, fc.
fn numbered(name: &str) -> String {
    let (child, rest) = name.split_once('.').unwrap_or((name, ""));
    let number = match child {
        "conv1" => "0",
        "bn1" => "1",
        "layer1" => "4",
        "layer2" => "5",
        "layer3" => "6",
        "layer4" => "7",
        other => other,
    };
    format!("{number}.{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Result<Names> {
        let tensor = |name: &&str| ((*name).to_owned(), Tensor { shape: vec![2, 3], data: vec![0.0; 6] });
        Names::find(all.iter().map(tensor).collect())
    }

    #[test]
    fn both_ways_of_naming_are_found_behind_any_prefix() {
        let plain = names(&["module.cnn.layer1.0.conv1.weight", "module.rnn.weight_ih_l0"]).unwrap();
        assert_eq!(plain.backbone("bn1.bias"), "cnn.bn1.bias");
        assert_eq!(plain.lstm("bias_ih_l0"), "rnn.bias_ih_l0");
        let numbered = names(&["model.4.0.conv1.weight", "model.7.0.conv1.weight", "lstm.weight_ih_l0"]).unwrap();
        assert_eq!(numbered.backbone("layer4.0.bn1.bias"), "model.7.0.bn1.bias");
        assert_eq!(numbered.backbone("conv1.weight"), "model.0.weight");
    }

    #[test]
    fn the_head_is_the_usual_name_that_fits() {
        let found = names(&["layer1.0.conv1.weight", "lstm.weight_ih_l0", "fc.weight", "linear1.weight"]).unwrap();
        assert_eq!(found.head(3).unwrap(), "linear1");
        assert_eq!(found.head(4).unwrap_err().code(), "model-checkpoint-incomplete");
    }

    #[test]
    fn what_is_left_over_is_named() {
        let left = names(&["layer1.0.conv1.weight", "lstm.weight_ih_l0", "fc.weight", "attention.weight"]).unwrap();
        let error = left.finish().unwrap_err();
        assert_eq!(error.code(), "model-checkpoint-extra");
        assert!(error.to_string().contains("`attention.weight`") && !error.to_string().contains("fc.weight"));
    }
}
