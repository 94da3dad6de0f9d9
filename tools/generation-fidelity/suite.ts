import { type Case, changesOf, JUDGED, REHEARSAL, type Session } from '../fidelity/suite.ts'

/** Loads, and how long a replay is at each of them, s: each has about a thousand requests. */
const LOADS = [
  [0.3, 50],
  [0.5, 32],
  [0.7, 24],
] as const

const WARMUP = 'warmup_s=2'
const engine = (key: string, value: string | number | boolean) =>
  `pools.engine.generation.${key}=${value}`

/** Cases of a live scenario at a load, for `seconds`, with all of these overrides. */
const casesOf =
  (scenario: string, ...fixed: string[]) =>
  (name: string, load: number, seconds: number, ...set: string[]): Case => {
    const timing = [`duration_s=${seconds}`, WARMUP, `traffic.chat.arrivals.load=${load}`]
    return { name, scenario, set: [...timing, ...fixed, ...set] }
  }

const chat = casesOf('chat-live')
/** Long prompts that begin alike, and a cache of prefixes. */
const completion = casesOf('autocomplete-live')
/** So few blocks that sequences are preempted, and admission leaves some of them free. */
const crowded = casesOf(
  'chat-live',
  engine('kv_cache.blocks', 36),
  engine('kv_cache.watermark', 0.06),
)

/** A rehearsal, which predicts, and the replay that is judged. */
const rehearsed = (make: typeof chat, name: string, load: number, seconds: number): Case[] => [
  make(`${REHEARSAL} ${name}, load ${load}`, load, seconds, 'seed=101'),
  make(`${JUDGED} ${name}, load ${load}`, load, seconds),
]

function chatAtLoads(rounds: number): Session {
  const cases = LOADS.flatMap(([load, seconds]) => rehearsed(chat, 'chat', load, seconds))
  return { name: 'chat at three loads', rounds, cases }
}

function chatChanges(rounds: number, seconds: number): Session {
  const { of, change } = changesOf('chat', chat, seconds)
  return {
    name: 'changes of chat',
    rounds,
    cases: [
      of('A', 0.5),
      change('max sequences 8 → 4', 0.5, engine('max_sequences', 4)),
      change('chunked prefill on → off', 0.5, engine('chunked_prefill', false)),
      change('decode first → prefill first', 0.5, engine('first', 'prefill')),
    ],
  }
}

function completionChanges(rounds: number, seconds: number): Session {
  const { of, change } = changesOf('completion', completion, seconds)
  const without = change('prefix cache on → off', 0.5, engine('kv_cache.prefix_cache', false))
  return { name: 'changes of completion', rounds, cases: [of('A', 0.5), without] }
}

const alone = (rounds: number, only: Case): Session => ({ name: only.name, rounds, cases: [only] })

/** The whole suite: about half an hour on two cores. */
export const generationSuite = (): readonly Session[] => [
  chatAtLoads(4),
  chatChanges(8, 12),
  completionChanges(8, 10),
  alone(3, crowded('chat, few blocks', 0.65, 64)),
]

/** Some seconds of it. */
export const smokeGenerationSuite = (): readonly Session[] => [
  { name: 'completion', rounds: 2, cases: rehearsed(completion, 'completion', 0.3, 5) },
  completionChanges(2, 5),
]
