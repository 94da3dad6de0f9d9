import { expect, test } from 'vitest'
import { parseScenario } from './parse.ts'

const TEXT = `spillway: 1
name: pools
duration_s: 60
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 40 } }]
pools: [{ name: central, model: m }, { name: edge, model: m }]
`

const poolsOf = (...set: string[]) =>
  parseScenario(TEXT, { file: 's.yaml', set }).scenario.pools.map(({ name }) => name)

test('null removes an entry of a list, such as a pool', () => {
  expect(poolsOf()).toEqual(['central', 'edge'])
  expect(poolsOf('pools.central=null')).toEqual(['edge'])
  expect(poolsOf('pools.0=null')).toEqual(['edge'])
  expect(() => poolsOf('pools.central=null', 'pools.central.replicas=2')).toThrow(
    /expected an entry of pools, which has edge, got "central"/,
  )
  expect(() => poolsOf('pools.central=null', 'pools.edge=null')).toThrow(/at least 1 entry/)
})
