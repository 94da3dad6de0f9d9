import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../../sim/kernel/index.ts'
import { chance, pick, words } from '../choose.ts'
import type { FuzzInput, Kind } from '../input.ts'
import { mutateBytes } from '../mutate-text.ts'
import { donorsOf, mutateTree } from '../mutate-tree.ts'
import { SWEEP, stockFile } from '../stock.ts'
import { mutateDocument, mutateLines } from './documents.ts'

/** Folders of sweeps: changed, forged, and with other things in place of their files. */

const JOURNAL = 'journal.jsonl'

const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  swept: [
    words(`${SWEEP} --resume --out swept`),
    words(`${SWEEP} --resume --out swept`),
    ['query', 'swept', 'from results order by configuration'],
    words('report swept --charts svg --out out'),
    words('merge shard-1 shard-2 --out swept'),
  ],
  'shard-1': [
    words('merge shard-1 shard-2 --out out'),
    words('merge shard-2 shard-1 --json'),
    words(`${SWEEP} --shard 1/2 --resume --out shard-1`),
    words('report shard-1 --out out'),
  ],
}

type Row = { configuration: number; values: string[]; [key: string]: unknown }

/** Forgeries of a journal, which are whole lines of JSON. */
const FORGERIES: readonly ((rows: Row[], random: Random) => unknown[])[] = [
  (rows) => rows.map((row) => ({ ...row, values: ['9'] })),
  (rows) => rows.map((row, i) => ({ ...row, configuration: i + 4 })),
  (rows) => [...rows, ...rows].reverse(),
  (rows) => rows.map((row) => ({ ...row, status: 'invalid', reason: 'x' })),
  (rows) => rows.map((row) => ({ ...row, figures: null })),
  (rows) =>
    rows.map((row) => ({
      ...row,
      status: 'out_of_memory',
      reason: 'x',
      scenario: null,
      figures: null,
    })),
  (rows) => rows.map((row) => ({ ...row, configuration: 2 ** 31 })),
  (rows, random) => {
    const row = structuredClone(pick(random, rows))
    mutateTree(row, random, donorsOf(rows))
    return [row, ...rows.slice(1)]
  },
]

function journalOf(bytes: Buffer, random: Random): string | Uint8Array {
  if (chance(random, 0.2)) return mutateBytes(bytes, random)
  if (chance(random, 0.5)) return mutateLines(bytes, random)
  const rows = bytes
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  const forged = pick(random, FORGERIES)(rows, random)
  return forged.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** What stands in place of a file. */
function replaced(name: string, random: Random): Pick<FuzzInput, 'links' | 'fifos'> {
  if (chance(random, 0.5)) return { fifos: [name] }
  const target = pick(
    random,
    words('../declared.yaml ../shard-2/journal.jsonl /dev/zero nothing ..'),
  )
  return { links: { [name]: target } }
}

export const SWEEP_FOLDERS: Kind = {
  name: 'sweep folder',
  weight: 3,
  make: (random, { stock }) => {
    const folder = chance(random, 0.6) ? 'swept' : 'shard-1'
    const args = pick(random, COMMANDS[folder]!)
    // files of the stock are links to it, and rows are added to a journal
    const files: Record<string, string | Uint8Array> = {}
    for (const name of ['swept', 'shard-1', 'shard-2']) {
      files[`${name}/${JOURNAL}`] = stockFile(stock, `${name}/${JOURNAL}`)
    }
    const names = readdirSync(join(stock, folder)).filter((name) => name !== 'report.html')
    for (let left = chance(random, 0.8) ? 1 : 2; left > 0; left--) {
      const file = chance(random, 0.4) ? JOURNAL : pick(random, names.sort())
      const name = `${folder}/${file}`
      const bytes = stockFile(stock, name)
      if (chance(random, 0.1)) {
        delete files[name]
        return { args, files, ...replaced(name, random) }
      }
      if (file === JOURNAL) files[name] = journalOf(bytes, random)
      else if (name.endsWith('.json')) files[name] = mutateDocument(bytes, random)
      else files[name] = mutateBytes(bytes, random)
    }
    return { args, files }
  },
}
