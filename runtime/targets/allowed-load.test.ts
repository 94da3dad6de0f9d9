import { expect, test } from 'vitest'
import { allowedLoad, HERE_ONLY, mostTraffic } from './allowed-load.ts'

test('by default this machine alone is loaded, without limits', () => {
  expect(allowedLoad({})).toEqual(HERE_ONLY)
  expect(mostTraffic(allowedLoad({}))).toBe(Number.POSITIVE_INFINITY)
})

test('a host needs both limits, and limits come in twos', () => {
  const add = 'servers are loaded with two limits: add --max-rps N and --max-seconds S'
  const allowHost = ['Gpu1.example']
  expect(() => allowedLoad({ allowHost })).toThrow(`--allow-host: ${add}`)
  expect(() => allowedLoad({ allowHost, maxRps: 5 })).toThrow(add)
  expect(() => allowedLoad({ maxSeconds: 5 })).toThrow(add)
  const before = process.hrtime.bigint()
  const { hosts, limits } = allowedLoad({ allowHost, maxRps: 5, maxSeconds: 60 })
  expect(hosts).toEqual(['gpu1.example'])
  expect(limits).toMatchObject({ perSecond: 5, seconds: 60 })
  expect(limits!.untilNs - before).toBeGreaterThanOrEqual(60_000_000_000n)
})
