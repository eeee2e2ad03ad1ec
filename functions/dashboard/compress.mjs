// Writes a .br and a .gz beside each file of a folder, as small as they get: `node compress.mjs FOLDER`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const [folder] = process.argv.slice(2)
for (const name of readdirSync(folder)) {
  // Fonts and pictures are compressed already.
  if (!/\.(js|css|svg|json)$/.test(name)) continue
  const path = join(folder, name)
  const body = readFileSync(path)
  const size = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length }
  writeFileSync(`${path}.br`, brotliCompressSync(body, { params: size }))
  writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
}
