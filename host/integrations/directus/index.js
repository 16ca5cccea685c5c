// Tells Veritag of every upload, and tags files with what it finds. An upload never fails because of it.

import { createHmac, timingSafeEqual } from "node:crypto"

const TOLERANCE_S = 300
const LARGEST_MESSAGE = 1 << 20
const GIVEN = "veritag_given"
const HEARD = ["assessment.completed", "review.changed"]

export default ({ action, init }, { services, database, getSchema, env, logger }) => {
  action("files.upload", async ({ payload, key }) => {
    try {
      // What was found in the bytes that were there before says nothing of these.
      await change(key, new Date().toISOString(), null)
      await tell(env, payload, key)
    } catch (error) {
      logger.warn(`Veritag was not told of ${key}: ${error}`)
    }
  })

  // Before Directus reads the body, whose bytes are what is signed.
  init("middlewares.before", ({ app }) => {
    app.post("/veritag", async (request, response) => {
      try {
        response.status(await receive(request)).end()
      } catch (error) {
        logger.error(error, "Veritag's message could not be heeded")
        response.status(500).end()
      }
    })
  })

  async function receive(request) {
    const body = await read(request)
    if (!signed(request.headers, body, env.VERITAG_SECRET)) return 401
    const { type, timestamp, data } = JSON.parse(body)
    if (!HEARD.includes(type) || !data.external || !data.assessment) return 204
    await change(data.external, timestamp, data.assessment.keyword)
    return 204
  }

  async function change(file, at, keyword) {
    await makeLedger()
    const schema = await getSchema()
    await database.transaction((knex) => give(knex, schema, file, at, keyword))
  }

  async function makeLedger() {
    if (await database.schema.hasTable(GIVEN)) return
    await database.schema.createTable(GIVEN, (table) => {
      table.string("file", 36).primary()
      table.string("tag")
      table.string("at").notNullable()
    })
  }

  // In place of the tag that was given before, if one was; a tag that was there already is not ours. What comes late
  // does not undo what is newer.
  async function give(knex, schema, file, at, keyword) {
    const found = await knex("directus_files").where({ id: file }).first("tags")
    const given = await knex(GIVEN).where({ file }).first()
    if (!found || Date.parse(given?.at) > Date.parse(at)) return
    const before = parsed(found.tags) ?? []
    const tags = before.filter((tag) => tag !== given?.tag)
    const tag = keyword && !tags.includes(keyword) ? keyword : null
    if (tag) tags.push(tag)
    await knex(GIVEN).where({ file }).delete()
    await knex(GIVEN).insert({ file, tag, at })
    if (tags.join() !== before.join()) await new services.FilesService({ knex, schema }).updateOne(file, { tags })
  }
}

async function tell(env, file, key) {
  const reference = {
    ...place(env, file),
    name: file.filename_download,
    version: new Date().toISOString(),
    external: String(key),
  }
  const answer = await fetch(new URL("/v1/assets", env.VERITAG_URL), {
    method: "POST",
    headers: { authorization: `Bearer ${env.VERITAG_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(reference),
    signal: AbortSignal.timeout(5000),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
}

function place(env, { storage, filename_disk }) {
  const setting = (name) => env[`STORAGE_${storage.toUpperCase()}_${name}`]
  if (setting("DRIVER") !== "s3") return { path: filename_disk }
  return { bucket: setting("BUCKET"), key: [setting("ROOT"), filename_disk].filter(Boolean).join("/") }
}

async function read(request) {
  const pieces = []
  let length = 0
  for await (const piece of request) {
    length += piece.length
    if (length > LARGEST_MESSAGE) throw new Error("the message is too long")
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

// Standard Webhooks: https://www.standardwebhooks.com
function signed(headers, body, secret) {
  const [id, moment, shown] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`] ?? "")
  if (!(Math.abs(Date.now() / 1000 - Number(moment)) <= TOLERANCE_S)) return false
  const key = Buffer.from((secret ?? "").replace(/^whsec_/, ""), "base64")
  if (key.length === 0) return false
  const wanted = Buffer.from("v1," + createHmac("sha256", key).update(`${id}.${moment}.`).update(body).digest("base64"))
  const equal = (some) => some.length === wanted.length && timingSafeEqual(some, wanted)
  return shown.split(" ").some((some) => equal(Buffer.from(some)))
}

function parsed(tags) {
  return typeof tags === "string" ? JSON.parse(tags) : tags
}
