//! The last feature map of a network: what its features are pooled from.

use tract_core::internal::*;

/// Makes the map a second output: the last value, in order of evaluation, of as many channels as the output
/// `[N, width]` has values, over more than one cell. A graph without one is left as it is.
///
/// # Errors
/// A graph of several outputs.
pub fn expose(mut graph: TypedModel) -> TractResult<TypedModel> {
    let &[output] = &graph.outputs[..] else { bail!("{} outputs, expected one", graph.outputs.len()) };
    let features = graph.outlet_fact(output)?.shape.clone();
    let order = graph.eval_order()?;
    let map = order.into_iter().rev().find(|&node| is_map(&graph.node(node).outputs[0].fact.shape, &features));
    graph.outputs.extend(map.map(OutletId::from));
    Ok(graph)
}

fn is_map(shape: &ShapeFact, features: &ShapeFact) -> bool {
    let cells: Option<usize> = shape.iter().skip(2).map(|side| side.to_usize().ok()).product();
    shape.rank() == 4 && shape[..2] == features[..] && cells.is_some_and(|cells| cells > 1)
}
