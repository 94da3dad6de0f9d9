import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { closeSimulations } from '../../runtime/jobs/replications.ts'
import { ENTRIES, make, pageOf, sectionsOf } from './page.ts'
import { type Picture, staleIn } from './stale.ts'

/**
 * Simulates the shipped scenarios, and writes docs/gallery: `npm run docs:gallery`. Names of
 * entries after `--` make these alone. `--check` writes nothing, and exits with 1 if page or
 * pictures are not what the simulations give. Entries whose data are missing stay as they are.
 */

const FOLDER = 'docs/gallery'
const PAGE = join(FOLDER, 'index.md')

const check = process.argv.includes('--check')
const names = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const unknown = names.filter((name) => !ENTRIES.some((entry) => entry.name === name))
if (unknown.length > 0) {
  const known = ENTRIES.map(({ name }) => name).join(', ')
  process.stderr.write(`no entry is named ${unknown.join(' or ')}; there are ${known}\n`)
  process.exitCode = 2
} else await main()

async function main(): Promise<void> {
  const kept = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
  const sections = sectionsOf(kept)
  const pictures: Picture[] = []
  for (const entry of ENTRIES) {
    const { name, sources } = entry
    if (names.length > 0 && !names.includes(name)) continue
    const missing = sources.filter((source) => !source.isThere())
    if (missing.length > 0) {
      process.stderr.write(`${name}: skipped, as the data are not here: ${missing[0]!.text}\n`)
      continue
    }
    const began = performance.now()
    const { section, svg } = await make(entry)
    sections.set(name, section)
    pictures.push({ file: `${name}.svg`, svg })
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    process.stderr.write(`${name}: ${seconds} s\n`)
  }
  closeSimulations()
  const page = pageOf(sections)
  const files = ENTRIES.map(({ name }) => `${name}.svg`)
  const others = existsSync(FOLDER)
    ? readdirSync(FOLDER).filter((file) => file !== 'index.md' && !files.includes(file))
    : []
  if (check) {
    const stale = staleIn(FOLDER, { page, kept, pictures, others })
    for (const text of stale) process.stderr.write(`${text}\n`)
    if (stale.length > 0) process.stderr.write('write them again: npm run docs:gallery\n')
    process.exitCode = stale.length === 0 ? 0 : 1
    return
  }
  await writeWhole(PAGE, page)
  for (const { file, svg } of pictures) await writeWhole(join(FOLDER, file), svg)
  for (const file of others) rmSync(join(FOLDER, file))
}
