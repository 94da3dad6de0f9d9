import { stringify } from 'yaml'
import type { Random } from '../../../sim/kernel/index.ts'
import { changed } from '../../../test/scenarios.ts'
import { chance, magnitude, pick, pickWeighted, words } from '../choose.ts'
import type { Kind, Material } from '../input.ts'
import { mutateBytes, mutateText } from '../mutate-text.ts'
import { mutateTree } from '../mutate-tree.ts'
import { DECLARED, TINY } from '../stock.ts'

/** Commands that read `s.yaml` without measuring. */
const COMMANDS = [
  { weight: 12, command: 'simulate s.yaml --replications 1 --workers 1' },
  { weight: 1, command: 'simulate s.yaml --replications 1 --keep-rows --out out' },
  { weight: 4, command: 'requests s.yaml' },
  { weight: 1, command: 'models build s.yaml --out out' },
]

/** Arguments without a profile: scenarios use the one that ships. */
const argsFor = (random: Random) => words(pickWeighted(random, COMMANDS).command)

/** Most characters of repeated text. */
const MOST_REPEATED = 40_000

/** Texts that are small to write and large to read. */
export const BOMBS: readonly ((n: number) => string)[] = [
  (n) => `${TINY}x: &a [1]\ny: [${'*a, '.repeat(n)}]\n`,
  (n) => TINY + Array.from({ length: n }, (_, i) => `k${i}: 1\n`).join(''),
  (n) => `${TINY}x: ${'['.repeat(n)}`,
  (n) => `${TINY}x: ${'['.repeat(n)}${']'.repeat(n)}`,
  (n) => `${TINY}x: ${'{a: '.repeat(n)}`,
  (n) =>
    `${TINY}${Array.from({ length: Math.min(n, 400) }, (_, i) => `${' '.repeat(i)}a:\n`).join('')}`,
  (n) =>
    `${TINY}a0: &a0 [x, x]\n${Array.from({ length: Math.min(n, 40) }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join('')}`,
  (n) => changed(TINY, ['tiny', `"${'\\u202e'.repeat(n)}"`]),
  (n) => changed(DECLARED, ['slo:', `slo:\n${'  web: ["p(95) latency_ms < 60"]\n'.repeat(n)}`]),
  (n) => DECLARED + '  - { name: third, model: small }\n'.repeat(n),
  (n) => `${'---\n'.repeat(n)}${TINY}`,
  (n) => `${'# c\n'.repeat(n)}${TINY}`,
  (n) => changed(TINY, ['mlp:', `${'!!str '.repeat(n)}mlp:`]),
  (n) => `extends: [${'tiny.yaml, '.repeat(n)}]\n`,
  (n) => `${TINY}x: "${'a'.repeat(n)}\n`,
  (n) => changed(TINY, ['rate_rps: 300', `schedule: [${'{ at_s: 0, rate_rps: 3 }, '.repeat(n)}]`]),
]

function startText(random: Random, { scenarios }: Material): string {
  const share = random.uniform()
  if (share < 0.2) return TINY
  return share < 0.4 ? DECLARED : stringify(pick(random, scenarios), { lineWidth: 0 })
}

export const SCENARIO_TEXTS: Kind = {
  name: 'scenario text',
  weight: 30,
  make: (random, material) => {
    const args = argsFor(random)
    const share = random.uniform()
    if (share < 0.01) {
      return { args, files: { 's.yaml': pick(random, BOMBS)(magnitude(random, MOST_REPEATED)) } }
    }
    const text = startText(random, material)
    if (share < 0.2) return { args, files: { 's.yaml': mutateBytes(Buffer.from(text), random) } }
    // one scenario that extends another
    const base = { 'base.yaml': mutateText(text, random) }
    if (share >= 0.25) return { args, files: { 's.yaml': mutateText(text, random) } }
    const extension = chance(random, 0.5)
      ? mutateText('extends: base.yaml\nseed: 3\n', random)
      : 'extends: base.yaml\n'
    return { args, files: { ...base, 's.yaml': extension } }
  },
}

export const SCENARIO_TREES: Kind = {
  name: 'scenario tree',
  weight: 35,
  make: (random, { scenarios, donors }) => {
    const tree = structuredClone(pick(random, scenarios))
    mutateTree(tree, random, donors)
    // JSON has only finite numbers
    const text = chance(random, 0.3)
      ? JSON.stringify(tree, null, 1)
      : stringify(tree, { lineWidth: 0 })
    return { args: argsFor(random), files: { 's.yaml': text } }
  },
}
