import { figuresCompared } from '../answers.ts'
import { comparison, goodput, objectives, variedScenario } from '../comparison.ts'
import type { Group } from '../entry.ts'

const chat = comparison({
  name: 'chat',
  question:
    'Two accelerators answer chats. How should sequences share them: in static batches, in continuous batches, or with prompts and answers on an accelerator each?',
  systems: [
    variedScenario('chat-static')('static', 'in static batches'),
    variedScenario('chat')('continuous', 'in continuous batches'),
    variedScenario('chat-split')('split', 'with prompts and answers apart'),
  ],
  show: objectives(),
})

const turns = variedScenario('assistant')
const CACHE = 'pools.engine.generation.kv_cache.prefix_cache'
const assistant = comparison({
  question:
    'All conversations with an assistant begin with the same instructions, and each turn repeats the turns before it. What does a prefix cache save?',
  systems: [
    turns('prefix cache', 'with a prefix cache'),
    turns('no prefix cache', 'without one', `${CACHE}=false`),
  ],
  show: (systems) => {
    const { chart, answer } = objectives((all) => [goodput(all)])(systems)
    const [{ result }] = systems
    const hits = { phrase: 'of all prompt tokens', estimate: result.pools[0]!.prefix_hit_rate }
    return {
      chart,
      answer: `${answer} ${figuresCompared('The hit rate of the cache', 'share', [hits])}`,
    }
  },
})

/** Both at the same rate: a load is a share of the capacity of each. */
const sequences = variedScenario('chat-live', { profile: 'decoder' })
const RATE = 'traffic.chat.arrivals={ process: poisson, rate_rps: 24 }'
const MOST = 'pools.engine.generation.max_sequences'
const chatLive = comparison({
  question:
    'A small decoder answers chats on two cores of a processor. What is lost where it answers one chat at a time, not up to eight together?',
  systems: [
    sequences('eight at a time', 'with eight at a time', RATE),
    sequences('one at a time', 'with one at a time', RATE, `${MOST}=1`),
  ],
  show: objectives(),
})

const completions = variedScenario('autocomplete-live', { profile: 'decoder' })
const autocompleteLive = comparison({
  question:
    'The same decoder completes code: long prompts that begin alike, short answers, in bursts. What does a prefix cache save?',
  systems: [
    completions('prefix cache', 'with a prefix cache'),
    completions('no prefix cache', 'without one', `${CACHE}=false`),
  ],
  show: objectives(),
})

export const generation: Group = {
  title: 'Generation',
  entries: [chat, assistant, chatLive, autocompleteLive],
}
