import type { Random } from '../../../sim/kernel/index.ts'
import { chance, NASTY_NUMBERS, NASTY_STRINGS, NASTY_VALUES, pick, words } from '../choose.ts'
import type { Kind } from '../input.ts'

const CSV = '--format csv --columns time=t --columns input_tokens=n --time-unit s'

/**
 * Valid commands, and options that can be added to them. None of them measures: `run`, `replay` and
 * `calibrate` refuse declared work.
 */
const TEMPLATES: readonly (readonly [command: string, more: string])[] = [
  [
    'simulate declared.yaml --replications 2 --workers 1',
    '--set --set --seed --out --profile --requests --workers --replications',
  ],
  [
    'simulate tiny.yaml --replications 1 --profile profile.json',
    '--set --seed --out --requests --keep-rows',
  ],
  ['requests declared.yaml', '--set --set --seed --out --json'],
  [`trace inspect rows.csv ${CSV}`, '--jitter-s --time-unit --format --columns --bad-rows --out'],
  [
    `trace fit rows.csv ${CSV} --replications 99`,
    '--class --class-values --load --seed --jitter-s --out',
  ],
  ['trace inspect mooncake.jsonl', '--jitter-s --format --bad-rows'],
  ['compare kept', '--profile --replications --out --json'],
  ['gate declared.yaml --replications 2 --against declared.yaml', '--margin --set --out --csv'],
  ['audit kept', '--json --out'],
  ['report kept', '--charts --out --json'],
  ['models build mlp --out out', '--layers --width --seed --precision --set --heads'],
  ['models build transformer-encoder --out out', '--layers --hidden --heads --vocabulary --seed'],
  ['accelerators', '--json --out'],
  ['accelerators t4', '--json --out'],
  ['fit bert.yaml measured.csv', '--columns --where --pool --set --set --out --json'],
  ['fit bert.yaml rows.csv --columns batch=n --columns length=m', '--columns --columns --where'],
  ['schema', '--document --out'],
  ['calibrate declared.yaml', '--seconds --from --out --set --seed'],
  ['replay declared.yaml', '--replays --against-set --out --profile --requests --decision-log'],
  ['run declared.yaml', '--seconds --replays --replications --charts --against --against-set'],
  ['init new.yaml', '--help'],
]

/** Paths for options. No command can fill one of them by mistake. */
const PATHS = [
  '',
  ...words('. kept tiny.yaml profile.json new new/er kept/scenario.json nothing tiny.yaml/x'),
  ...words('/dev/null /dev/null/x /dev/full /proc/self/x /proc/x/y /sys/x loop loop/x fifo'),
  ...['x'.repeat(300), 'é'.repeat(200), 'y/'.repeat(3000), 'a\nb', '\u001b[31m'],
]

const OF_PATHS = words('--out --profile --requests --from --against --junit --csv')
const WITHOUT_VALUE = words('--keep-rows --json --decision-log --quiet --help')

function valueFor(option: string, random: Random): readonly string[] {
  if (WITHOUT_VALUE.includes(option)) return [option]
  if (option.endsWith('set')) return [option, override(random)]
  if (OF_PATHS.includes(option)) return [option, pick(random, PATHS)]
  const value = chance(random, 0.6)
    ? String(pick(random, NASTY_NUMBERS))
    : pick(random, NASTY_STRINGS)
  return [option, value]
}

const KEYS = [
  ...words('seed duration_s warmup_s name traffic pools models slo link router'),
  ...words('traffic.web.arrivals.rate_rps traffic.web.arrivals traffic.web.arrivals.process'),
  ...words('traffic.web.arrivals.surges.0.factor traffic.web.timeout_ms traffic.web.retry'),
  ...words('traffic.batch.arrivals.cv traffic.batch.input_tokens.max traffic.batch.arrivals.load'),
  ...words('traffic.web.arrivals.surges.0.at_s pools.first.replicas'),
  ...words('pools.second.batching.max_batch pools.first.queue.max_length'),
  ...words('pools.second.batching.policy pools.first.speed models.small.work.mean_ms'),
  ...words('models.large.work.law models.large.work.per_token_ms traffic.web.retry.max_attempts'),
  ...words('slo.web pools.first.queue traffic.0 __proto__.x models.small pools'),
  ...['a'.repeat(200), 'traffic.web.arrivals.surges.99999.factor', 'x y'],
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
    const [command, more] = pick(random, TEMPLATES)
    const args = words(command)
    for (let left = 1 + random.integer(3); left > 0; left--) {
      args.push(...valueFor(pick(random, words(more)), random))
    }
    if (chance(random, 0.1)) args.splice(random.integer(args.length), 1)
    if (chance(random, 0.05)) {
      args.splice(random.integer(args.length), 0, pick(random, NASTY_STRINGS))
    }
    // arguments of a process cannot contain the character 0
    const texts = args.map((text) =>
      text
        .replaceAll('\0', '')
        .replace(/\p{Surrogate}/gu, '?')
        .slice(0, MOST_BYTES / 3),
    )
    return { args: texts, links: { loop: 'loop' }, fifos: texts.includes('fifo') ? ['fifo'] : [] }
  },
}
