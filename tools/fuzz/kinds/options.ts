import type { Random } from '../../../sim/kernel/index.ts'
import { chance, pick } from '../choose.ts'
import { NASTY_NUMBERS, NASTY_STRINGS, NASTY_VALUES } from '../nasty.ts'
import type { Kind } from './kind.ts'

const PROFILE = ['--profile', 'profile.json'] as const
const CSV = ['--format', 'csv', '--time', 't', '--unit', 's', '--input', 'n'] as const

/** A valid command, and options that can be added to it. */
interface Template {
  readonly args: readonly string[]
  readonly more: readonly string[]
}

/** None of them measures: `run`, `replay` and `calibrate` refuse declared work. */
const TEMPLATES: readonly Template[] = [
  {
    args: ['simulate', 'declared.yaml', '--replications', '2', '--workers', '1'],
    more: [
      '--set',
      '--set',
      '--seed',
      '--out',
      '--profile',
      '--requests',
      '--workers',
      '--replications',
    ],
  },
  {
    args: ['simulate', 'tiny.yaml', '--replications', '1', ...PROFILE],
    more: ['--set', '--seed', '--out', '--requests', '--keep-rows'],
  },
  { args: ['requests', 'declared.yaml'], more: ['--set', '--set', '--seed', '--out', '--json'] },
  {
    args: ['trace', 'inspect', 'rows.csv', ...CSV],
    more: ['--jitter', '--unit', '--format', '--time', '--input', '--output', '--out'],
  },
  {
    args: ['trace', 'fit', 'rows.csv', ...CSV, '--replications', '99'],
    more: ['--class', '--load', '--seed', '--jitter', '--out'],
  },
  { args: ['trace', 'inspect', 'mooncake.jsonl'], more: ['--jitter', '--format', '--skip-bad'] },
  { args: ['compare', 'tiny.yaml', 'kept'], more: ['--set', '--seed', '--profile', '--junit'] },
  { args: ['audit', 'kept'], more: ['--json', '--out'] },
  { args: ['report', 'kept'], more: ['--charts', '--out', '--json'] },
  {
    args: ['models', 'build', 'mlp', '--out', 'out'],
    more: ['--layers', '--width', '--seed', '--precision', '--set', '--heads'],
  },
  {
    args: ['models', 'build', 'transformer-encoder', '--out', 'out'],
    more: ['--layers', '--hidden', '--heads', '--vocabulary', '--seed'],
  },
  { args: ['schema'], more: ['--document', '--out'] },
  {
    args: ['calibrate', 'declared.yaml'],
    more: ['--seconds', '--from', '--out', '--set', '--seed'],
  },
  {
    args: ['replay', 'declared.yaml'],
    more: ['--replays', '--against-set', '--out', '--profile', '--requests', '--decision-log'],
  },
  {
    args: ['run', 'declared.yaml'],
    more: ['--seconds', '--replays', '--replications', '--charts', '--against', '--against-set'],
  },
  { args: ['init', 'new.yaml'], more: ['--help'] },
]

/** Paths for options. No command can fill one of them by mistake. */
const PATHS = [
  ...[
    '',
    '.',
    'kept',
    'tiny.yaml',
    'profile.json',
    'new',
    'new/er',
    'kept/scenario.json',
    'nothing',
  ],
  ...[
    'tiny.yaml/x',
    '/dev/null',
    '/dev/null/x',
    '/dev/full',
    '/proc/self/x',
    '/proc/x/y',
    '/sys/x',
  ],
  ...[
    'loop',
    'loop/x',
    'fifo',
    'x'.repeat(300),
    'é'.repeat(200),
    'y/'.repeat(3000),
    'a\nb',
    '\u001b[31m',
  ],
]

const OF_PATHS = ['--out', '--profile', '--requests', '--from', '--against', '--junit']

function valueFor(option: string, random: Random): readonly string[] {
  if (['--keep-rows', '--json', '--skip-bad', '--decision-log', '--help'].includes(option))
    return [option]
  if (option.endsWith('set')) return [option, override(random)]
  if (OF_PATHS.includes(option)) return [option, pick(random, PATHS)]
  const value = chance(random, 0.6)
    ? String(pick(random, NASTY_NUMBERS))
    : pick(random, NASTY_STRINGS)
  return [option, value]
}

const KEYS = [
  ...[
    'seed',
    'duration_s',
    'warmup_s',
    'name',
    'traffic',
    'pools',
    'models',
    'slo',
    'link',
    'router',
  ],
  ...['traffic.web.arrivals.rate_rps', 'traffic.web.arrivals', 'traffic.web.arrivals.process'],
  ...['traffic.web.arrivals.surges.0.factor', 'traffic.web.timeout_ms', 'traffic.web.retry'],
  ...['traffic.batch.arrivals.cv', 'traffic.batch.input_tokens.max', 'traffic.batch.arrivals.load'],
  ...[
    'traffic.web.arrivals.surges.0.at_s',
    'pools.first.replicas',
    'pools.second.batching.max_batch',
  ],
  ...['pools.first.queue.max_length', 'pools.second.batching.policy', 'pools.first.speed'],
  ...['models.small.work.mean_ms', 'models.large.work.law', 'models.large.work.per_token_ms'],
  ...['traffic.web.retry.max_attempts', 'slo.web', 'pools.first.queue', 'traffic.0', '__proto__.x'],
  ...['models.small', 'pools', 'a'.repeat(200), 'traffic.web.arrivals.surges.99999.factor', 'x y'],
]

function override(random: Random): string {
  const path = chance(random, 0.1) ? pick(random, NASTY_STRINGS) : pick(random, KEYS)
  const deep = chance(random, 0.05) ? '.a'.repeat(random.integer(3000)) : ''
  const value = pick(random, NASTY_VALUES)
  return `${path}${deep}=${typeof value === 'object' ? JSON.stringify(value) : value}`
}

/** Longest argument on Linux, bytes. */
const MOST_BYTES = 131_071

export const OPTIONS: Kind = {
  name: 'options',
  weight: 10,
  make: (random) => {
    const { args, more } = pick(random, TEMPLATES)
    const given = [...args]
    for (let left = 1 + random.integer(3); left > 0; left--) {
      given.push(...valueFor(pick(random, more), random))
    }
    if (chance(random, 0.1)) given.splice(random.integer(given.length), 1)
    if (chance(random, 0.05))
      given.splice(random.integer(given.length), 0, pick(random, NASTY_STRINGS))
    // arguments of a process cannot contain the character 0
    const texts = given.map((text) =>
      text
        .replaceAll('\0', '')
        .replace(/\p{Surrogate}/gu, '?')
        .slice(0, MOST_BYTES / 3),
    )
    return { args: texts, links: { loop: 'loop' }, fifos: texts.includes('fifo') ? ['fifo'] : [] }
  },
}
