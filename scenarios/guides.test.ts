import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseScenario } from './load.ts'

/** YAML blocks of a guide. */
function blocksOf(guide: string): string[] {
  const text = readFileSync(new URL(`../docs/guides/${guide}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml!)
}

/** A scenario with a block as part of its class or of its pool. */
function scenarioWith(yaml: string): string {
  const own = yaml.replaceAll(/^(?=.)/gm, '    ').trimEnd()
  const inPool = yaml.startsWith('queue:')
  const inClass = inPool ? '' : `\n${own}`
  const arrivals = yaml.includes('arrivals:')
    ? ''
    : '\n    arrivals: { process: poisson, rate_rps: 9 }'
  return `spillway: 1
name: guide
duration_s: 700000
models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }
traffic:
  - class: web${arrivals}${inClass}
  - class: bulk
    arrivals: { process: poisson, rate_rps: 1 }${inPool ? '\n    priority: 2' : ''}
pools:
  - name: central
    model: m
${inPool ? own : ''}
`
}

describe.each(['traffic', 'queues', 'clients'])('the guide %s', (guide) => {
  const blocks = blocksOf(guide)

  test('has blocks', () => {
    expect(blocks.length).toBeGreaterThan(0)
  })

  test.each(blocks)('says what a scenario may say: %s', (yaml) => {
    const text = scenarioWith(yaml)
    expect(parseScenario(text, { file: 'guide.yaml' }).scenario.traffic).toHaveLength(2)
  })
})
