"use strict"

const { createHmac, timingSafeEqual } = require("node:crypto")

const FILE = "plugin::upload.file"
const TOLERANCE = 300
const MOST_BYTES = 1_000_000
const HEARD = ["assessment.completed", "review.changed"]

module.exports = {
  config: {
    default: { caption: true },
    validator(config) {
      const missing = ["url", "token", "secret"].filter((key) => !config[key])
      if (missing.length > 0) throw new Error(`${missing.join(", ")} missing`)
    },
  },

  register({ strapi }) {
    strapi.contentType(FILE).attributes.veritag = { type: "json", configurable: false }
    // Before Strapi's own middlewares: the signature is that of the raw body.
    strapi.server.use((ctx, next) => (ctx.method === "POST" && ctx.path === "/veritag" ? receive(strapi, ctx) : next()))
  },

  bootstrap({ strapi }) {
    strapi.db.lifecycles.subscribe({
      models: [FILE],
      afterCreate({ result }) {
        tell(strapi, result)
      },
      afterUpdate({ params, result }) {
        // Only new bytes come with a hash.
        if (params.data.hash) return replaced(strapi, result)
      },
    })
  },
}

/** What was found in the old bytes says nothing of the new ones. */
async function replaced(strapi, file) {
  try {
    if (file.veritag) Object.assign(file, await give(strapi, file, null))
  } catch (error) {
    strapi.log.warn(`what Veritag found in ${file.url} before was not taken back: ${error}`)
  }
  tell(strapi, file)
}

/** An upload never waits for this, nor fails because of it: what is not told is logged. */
async function tell(strapi, file) {
  try {
    if (/^(image|video)\//i.test(file.mime)) await send(strapi.config.get("plugin::veritag"), file)
  } catch (error) {
    strapi.log.warn(`Veritag was not told of ${file.url}: ${error.cause ?? error}`)
  }
}

async function send({ url, token }, file) {
  const reference = {
    [file.url.includes("://") ? "url" : "path"]: file.url,
    name: file.name,
    version: file.updatedAt,
    external: `${FILE} ${file.id}`,
  }
  const answer = await fetch(new URL("/v1/assets", url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(reference),
    signal: AbortSignal.timeout(5000),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
}

/** What Veritag says when it has looked, by Standard Webhooks (https://www.standardwebhooks.com). */
async function receive(strapi, ctx) {
  const body = await read(ctx)
  if (!signed(ctx, body, strapi.config.get("plugin::veritag.secret"))) {
    ctx.status = 401
    ctx.body = "the signature is wrong or old"
    return
  }
  const { type, timestamp, data } = JSON.parse(body)
  if (HEARD.includes(type)) await heed(strapi, timestamp, data)
  ctx.status = 204
}

/** A message that was held up does not undo a newer one. */
async function heed(strapi, at, { external, assessment }) {
  const file = await named(strapi, external)
  const newer = file?.veritag && Date.parse(file.veritag.at) > Date.parse(at)
  if (!file || !assessment || newer) return
  const { keyword, text, verdict, reason, score, review } = assessment
  await give(strapi, file, { keyword, text, verdict, reason, score, review, at })
}

async function read(ctx) {
  const parts = []
  let size = 0
  for await (const part of ctx.req) {
    size += part.length
    if (size > MOST_BYTES) ctx.throw(413)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function signed(ctx, body, secret) {
  const [id, moment, signatures] = ["id", "timestamp", "signature"].map((name) => ctx.get(`webhook-${name}`))
  if (!/^\d+$/.test(moment) || Math.abs(Date.now() / 1000 - moment) > TOLERANCE) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
  const digest = createHmac("sha256", key).update(`${id}.${moment}.`).update(body).digest("base64")
  const wanted = Buffer.from(`v1,${digest}`)
  const shown = signatures.split(" ").map((signature) => Buffer.from(signature))
  return shown.some((some) => some.length === wanted.length && timingSafeEqual(some, wanted))
}

/** The file that `tell` called so; null for what is not ours. */
function named(strapi, external) {
  const id = external?.startsWith(`${FILE} `) ? external.slice(FILE.length + 1) : ""
  return /^\d+$/.test(id) ? strapi.db.query(FILE).findOne({ where: { id } }) : null
}

/** In place of what was found before, if anything was; a caption that a person gave stays. */
async function give(strapi, file, found) {
  const free = !file.caption || file.caption === file.veritag?.keyword
  const caption = free && strapi.config.get("plugin::veritag.caption") ? { caption: found?.keyword ?? null } : {}
  return strapi.db.query(FILE).update({ where: { id: file.id }, data: { ...caption, veritag: found } })
}
