import { rates } from '../../../reports/charts/load/rates.ts'
import { answering, figuresCompared, objectivesCompared, verdictSentences } from '../answers.ts'
import { objectivesOf, subjectOf, tailsOf, worldOf } from '../charts.ts'
import { comparison, type Group, single, WIDTH } from '../entry.ts'
import { figurePanels } from '../figure-panels.ts'

const azureCode = single({
  scenario: 'azure-code',
  profiled: true,
  question:
    'The busiest two minutes of a trace of code completions, four times as fast, meet a small encoder. Do 95 % of the requests end within 500 ms?',
  show: (result) => ({
    chart: rates([worldOf(result)], WIDTH),
    answer: verdictSentences(result),
  }),
})

const headroom = comparison({
  name: 'azure-headroom',
  question:
    'Two traces at the same mean load, half of the capacity, on the same four servers: is p99 below 2 s for bursty code completions as it is for conversations?',
  systems: [
    { scenario: 'azure-headroom-conv', label: 'conversations', phrase: 'for conversations' },
    { scenario: 'azure-headroom-code', label: 'code', phrase: 'for code' },
  ],
  show: (systems) => {
    const [conversations, ...others] = systems
    return {
      chart: tailsOf(systems),
      answer: `${objectivesCompared([answering(conversations), ...others.map(answering)])} [Published charts](../background/articles.md) has the load at which each of them holds it.`,
    }
  },
})

const padding = comparison({
  name: 'azure-padding',
  question:
    'Prompts in batches of 8 are padded to the longest one. Which share of the computed tokens is of requests?',
  systems: [
    { scenario: 'azure-padding-conv', label: 'conversations', phrase: 'for conversations' },
    { scenario: 'azure-padding-code', label: 'code', phrase: 'for code' },
  ],
  show: (systems) => {
    const rows = systems.map(({ label, phrase, result }) => {
      return { label, phrase, estimate: result.pools[0]!.batch_efficiency! }
    })
    const panels = [{ name: 'padding efficiency', quantity: 'share', limit: null, rows } as const]
    return {
      chart: figurePanels({ subtitle: `${subjectOf(systems)} · batches of 8`, panels }, WIDTH),
      answer: `${figuresCompared('Padding efficiency', 'share', rows)} The rest is padding.`,
    }
  },
})

const pages = comparison({
  name: 'azure-pages',
  question:
    'A card has memory for 32,768 tokens of conversations. What does it change to hold them in blocks of 16 tokens, and not in reservations of 4,096?',
  systems: [
    { scenario: 'azure-pages-conv', label: 'blocks', phrase: 'in blocks' },
    { scenario: 'azure-reserved-conv', label: 'reservations', phrase: 'in reservations' },
  ],
  show: (systems) => {
    const [blocks, ...others] = systems
    const shares = systems.map(({ label, phrase, result }) => {
      return { label, phrase, estimate: result.classes[0]!.goodput_share }
    })
    const panel = { name: 'goodput', quantity: 'share', limit: null, rows: shares } as const
    return {
      chart: objectivesOf(systems, [panel]),
      answer: `${objectivesCompared([answering(blocks), ...others.map(answering)])} ${figuresCompared('Goodput', 'share', shares)}`,
    }
  },
})

export const traces: Group = { title: 'Traces', entries: [azureCode, headroom, padding, pages] }
