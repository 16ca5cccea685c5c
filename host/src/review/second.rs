//! Second readings: some decided assets are shown to another person, without the score and the first decision.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Reviewer;
use super::decide::CHOICES;
use super::fault::Fault;
use super::{Pages, faces, lanes, layout, media};
use crate::assessment::{Review, plain_name, wording};
use crate::records::SecondReading;

#[derive(Deserialize)]
pub struct Answer {
    review: Review,
}

pub async fn next(State(pages): State<Arc<Pages>>, Reviewer(person): Reviewer) -> Result<Markup, Fault> {
    let records = &pages.assessor.records;
    let share = pages.settings.second_share;
    let asset = records.next_second_reading(&person.name, share).await?;
    let body = match asset {
        Some(asset) => {
            let item = records.item(&asset).await?.ok_or(Fault::NotFound("asset"))?;
            let assessment = records.assessments(&asset).await?.into_iter().next().ok_or(Fault::NotFound("asset"))?;
            html! {
                main.asset-page {
                    p.kicker { "Second reading" }
                    header.asset-head { h1 { bdi { (wording::visible(&item.name)) } } }
                    p.quiet { "Somebody has decided on this asset. Say what you see: it changes no tag, and tells how far two people agree." }
                    form.decide id="decide" method="post" action={ "/review/second/" (asset) } {
                        div.buttons {
                            @for (review, words, key) in CHOICES {
                                button type="submit" name="review" value=(plain_name(&review)) data-key=(key) { (words) " " kbd { (key) } }
                            }
                        }
                    }
                    (media::player(&asset, &assessment))
                    @if let Some(lanes) = lanes::drawing(&assessment, true) { (lanes) }
                    (faces::strip(&asset, &assessment, true))
                }
            }
        }
        None => html! {
            main.narrow {
                h1 { "Second readings" }
                p { "There is nothing to read a second time now." }
                p.quiet { (format!("{:.0} %", share * 100.0)) " of decided assets come here, for somebody else than who decided." }
            }
        },
    };
    Ok(layout::page("second readings", &person, "/review/second", body))
}

pub async fn decide(
    State(pages): State<Arc<Pages>>,
    Reviewer(person): Reviewer,
    Path(sha256): Path<String>,
    Form(Answer { review }): Form<Answer>,
) -> Result<Redirect, Fault> {
    let reading = SecondReading { asset: &sha256, review, reader: &person.name };
    pages.assessor.records.read_second(reading).await?.ok_or(Fault::NotFound("asset to read a second time"))?;
    Ok(Redirect::to("/review/second"))
}
