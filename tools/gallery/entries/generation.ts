import { answering, figuresCompared, objectivesCompared } from '../answers.ts'
import { objectivesOf } from '../charts.ts'
import { comparison, type Group, type System } from '../entry.ts'

const goodput = (systems: readonly System[]) =>
  systems.map(({ label, phrase, result }) => {
    return { label, phrase, estimate: result.classes[0]!.goodput_share }
  })

const chat = comparison({
  name: 'chat',
  question:
    'Two accelerators answer chats. How should sequences share them: in static batches, in continuous batches, or with prompts and answers on an accelerator each?',
  systems: [
    { scenario: 'chat-static', label: 'static', phrase: 'in static batches' },
    { scenario: 'chat', label: 'continuous', phrase: 'in continuous batches' },
    { scenario: 'chat-split', label: 'split', phrase: 'with prompts and answers apart' },
  ],
  show: (systems) => {
    const [first, ...others] = systems
    return {
      chart: objectivesOf(systems),
      answer: objectivesCompared([answering(first), ...others.map(answering)]),
    }
  },
})

const assistant = comparison({
  name: 'assistant',
  question:
    'All conversations with an assistant begin with the same instructions, and each turn repeats the turns before it. What does a prefix cache save?',
  systems: [
    { scenario: 'assistant', label: 'prefix cache', phrase: 'with a prefix cache' },
    {
      scenario: 'assistant',
      label: 'no prefix cache',
      phrase: 'without one',
      set: ['pools.engine.generation.kv_cache.prefix_cache=false'],
    },
  ],
  show: (systems) => {
    const [cached, ...others] = systems
    const shares = goodput(systems)
    const hits = {
      phrase: 'of all prompt tokens',
      estimate: cached.result.pools[0]!.prefix_hit_rate,
    }
    const panel = { name: 'goodput', quantity: 'share', limit: null, rows: shares } as const
    return {
      chart: objectivesOf(systems, [panel]),
      answer: [
        objectivesCompared([answering(cached), ...others.map(answering)]),
        figuresCompared('Goodput', 'share', shares),
        figuresCompared('The hit rate of the cache', 'share', [hits]),
      ].join(' '),
    }
  },
})

export const generation: Group = { title: 'Generation', entries: [chat, assistant] }
