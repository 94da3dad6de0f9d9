import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../../sim/kernel/index.ts'
import { chance, pick, pickWeighted, words } from '../choose.ts'
import type { Kind } from '../input.ts'
import { mutateBytes, mutateText } from '../mutate-text.ts'
import { donorsOf, mutateTree } from '../mutate-tree.ts'
import { stockFile } from '../stock.ts'

/** Changes a JSON document as a tree, or as text. */
export function mutateDocument(bytes: Buffer, random: Random): string | Uint8Array {
  if (chance(random, 0.1)) return mutateBytes(bytes, random)
  if (chance(random, 0.2)) return mutateText(bytes.toString(), random)
  const tree: unknown = JSON.parse(bytes.toString())
  mutateTree(tree, random, donorsOf([tree]))
  return JSON.stringify(tree)
}

/** Changes one line of JSON Lines as a tree, or all of them as text. */
export function mutateLines(bytes: Buffer, random: Random): string {
  if (chance(random, 0.4)) return mutateText(bytes.toString(), random)
  const lines = bytes.toString().split('\n')
  const i = random.integer(Math.max(1, lines.length - 1))
  const tree: unknown = { line: JSON.parse(lines[i]!) }
  mutateTree(tree, random, donorsOf([tree]))
  lines[i] = JSON.stringify((tree as { line?: unknown }).line ?? null)
  return lines.join('\n')
}

const COMMANDS = {
  kept: [
    { weight: 2, command: 'report kept --out out' },
    { weight: 1, command: 'report kept --charts png --out out' },
    { weight: 4, command: 'audit kept' },
    { weight: 2, command: 'compare kept' },
    { weight: 2, command: 'calibrate tiny.yaml --from kept --out out' },
    {
      weight: 1,
      command:
        'simulate tiny.yaml --profile profile.json --replications 1 --requests kept/requests.jsonl',
    },
  ],
  simulated: [
    { weight: 1, command: 'report simulated --out out' },
    { weight: 2, command: 'audit simulated' },
  ],
}

export const DOCUMENTS: Kind = {
  name: 'document',
  weight: 7,
  make: (random, { stock }) => {
    const folder = chance(random, 0.75) ? 'kept' : 'simulated'
    const names = readdirSync(join(stock, folder))
    const files: Record<string, string | Uint8Array> = {}
    for (let left = chance(random, 0.8) ? 1 : 2; left > 0; left--) {
      const name = `${folder}/${pick(random, names.sort())}`
      const bytes = stockFile(stock, name)
      if (name.endsWith('.json')) files[name] = mutateDocument(bytes, random)
      else if (name.endsWith('.jsonl')) files[name] = mutateLines(bytes, random)
      else files[name] = mutateBytes(bytes, random)
    }
    return { args: words(pickWeighted(random, COMMANDS[folder]).command), files }
  },
}

export const PROFILES: Kind = {
  name: 'profile',
  weight: 6,
  make: (random, { stock }) => {
    const files = { 'profile.json': mutateDocument(stockFile(stock, 'profile.json'), random) }
    const args = pick(random, [
      words('simulate tiny.yaml --replications 1 --workers 1'),
      ['requests', 'tiny.yaml', '--set', 'traffic.web.arrivals={process: poisson, load: 0.5}'],
      words('compare kept'),
    ])
    return { args: [...args, '--profile', 'profile.json'], files }
  },
}
