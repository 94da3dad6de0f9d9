import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Argument } from 'commander'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { closeSimulations } from '../../runtime/jobs/simulations/simulation-processes.ts'
import { runStudy } from '../study.ts'
import { ENTRIES, make, pageOf, sectionsOf } from './page.ts'
import { type Made, type Picture, staleIn } from './stale.ts'

/** Simulates the shipped scenarios, and writes docs/gallery: `npm run docs:gallery -- --help`. */

const NAMES = ENTRIES.map(({ name }) => name)

const FOLDER = 'docs/gallery'

await runStudy<{ readonly check?: true }>({
  script: 'docs:gallery',
  description:
    'Simulates the shipped scenarios, and writes docs/gallery. Entries whose data are missing stay as they are.',
  examples: [
    ['', 'makes every entry, in two minutes'],
    ['-- first ocr', 'makes these alone'],
    ['-- --check', 'writes nothing, and exits with 1 if page or pictures are not current'],
  ],
  define: (command) =>
    command
      .addArgument(new Argument('[names...]', 'entries').choices(NAMES))
      .option('--check', 'compare page and pictures with what the simulations give; write nothing'),
  smoke: async (folder) => {
    const gallery = await made(folder, ['first'])
    await write(folder, gallery)
    const stale = staleIn(folder, { ...gallery, kept: gallery.page })
    if (stale.length > 0) throw new Error(stale.join('\n'))
    return `entry "first" was made and drawn, ${gallery.page.length} characters`
  },
  run: async ({ check }, { args }) => {
    const gallery = await made(FOLDER, args.length > 0 ? args : NAMES)
    if (check) compare(gallery)
    else await write(FOLDER, gallery)
  },
})

/** Simulates these entries; the others are as the page in a folder has them. */
async function made(folder: string, names: readonly string[]): Promise<Made> {
  const path = join(folder, 'index.md')
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const sections = sectionsOf(kept)
  const pictures: Picture[] = []
  for (const entry of ENTRIES.filter(({ name }) => names.includes(name))) {
    const { name, sources } = entry
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
  const files = NAMES.map((name) => `${name}.svg`)
  const others = existsSync(folder)
    ? readdirSync(folder).filter((file) => file !== 'index.md' && !files.includes(file))
    : []
  return { page: pageOf(sections), kept, pictures, others }
}

async function write(folder: string, { page, pictures, others }: Made): Promise<void> {
  await writeWhole(join(folder, 'index.md'), page)
  for (const { file, svg } of pictures) await writeWhole(join(folder, file), svg)
  for (const file of others) rmSync(join(folder, file))
}

function compare(gallery: Made): void {
  const stale = staleIn(FOLDER, gallery)
  for (const text of stale) process.stderr.write(`${text}\n`)
  if (stale.length > 0) process.stderr.write('write them again: npm run docs:gallery\n')
  process.exitCode = stale.length === 0 ? 0 : 1
}
