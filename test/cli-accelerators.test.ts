import { mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { acceleratorNames, shippedAccelerators } from '../scenarios/index.ts'
import { OWN_CARD } from './own-card.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed } from './scenarios.ts'
import { commandsIn, expectRefusal, put, temporaryFolder } from './spillway.ts'

/** The catalogue of accelerators, and files of users, in an empty folder. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)

const OWN = `${OWN_CARD}prices:
  - { usd_per_hour: 0.9, tier: on-demand, provider: A, sku: x, date: 2026-11, source: its page }
  - { usd_per_hour: 0.3, tier: spot, provider: B, sku: y, source: its page }
`
put(folder, 'own.yaml', OWN)

describe('accelerators', () => {
  test('lists each with its cheapest price, and marks figures that are not checked', async () => {
    const { code, stdout, stderr } = await run('accelerators')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head, units, ...rest] = stdout.trimEnd().split('\n')
    expect(head).toMatch(
      /^name +memory +bandwidth +fp16 +int8 +power +cheapest listed price +highest on demand$/,
    )
    expect(units).toMatch(/^ +GiB +GB\/s +TFLOP\/s +TOP\/s +W +USD\/h +USD\/h$/)
    const rows = rest.slice(0, rest.indexOf(''))
    expect(rows.map((row) => row.split(' ')[0])).toEqual(acceleratorNames())
    const row = (name: string) => rows.find((line) => line.startsWith(`${name} `))
    expect(row('h100-sxm')).toMatch(/ 80 +3,350 +989 +1,978 +700 +2\.69 on-demand, RunPod/)
    expect(row('v100-sxm')).toMatch(/ 32\* +900\* +125\* +– +300\* +– +–$/)
    expect(rest.at(-1)).toContain('* not checked')
  })

  test('--json prints all of them, each as its schema states', async () => {
    const { accelerators } = (await documentOf('accelerators')) as { accelerators: unknown[] }
    expect(accelerators).toEqual(shippedAccelerators())
    const isAccelerator = await published('accelerator')
    for (const accelerator of accelerators) isAccelerator(accelerator)
    expect(() => isAccelerator({ ...shippedAccelerators()[0], tflops: 9 })).toThrow()
  })
})

describe('accelerators NAME', () => {
  test('shows every figure with its source and how sure it is', async () => {
    const { code, stdout } = await run('accelerators', 'h100-pcie')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^h100-pcie: NVIDIA H100 PCIe 80 GB, by NVIDIA\n/)
    expect(stdout).toMatch(/^fp16, dense +756\.5 +TFLOP\/s +checked +\S*aiconfigurator@/m)
    expect(stdout).toMatch(/^tf32, dense +378 +TFLOP\/s +unverified +NVIDIA H100 datasheet$/m)
    expect(stdout).toMatch(/^PCIe 5\.0 x16, each way +64 +GB\/s +checked/m)
    expect(stdout).toMatch(/^shuts down at +92 +°C +secondary/m)
    expect(stdout).toMatch(/^ *2\.89 +on-demand +RunPod Secure +H100 PCIe +– +2026-11-09/m)
    const words = ['checked', 'secondary', 'unverified']
    const explained = [...stdout.matchAll(/^([a-z]+): (?!NVIDIA)/gm)].map(([, word]) => word)
    expect(explained).toEqual(words)
    const none = await run('accelerators', 'mi300x')
    expect(none.stdout).toContain('\nno listed price\n')
  })

  test("of a user's file does the same, with its prices in order", async () => {
    const { code, stdout } = await run('accelerators', 'own.yaml')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^own: A card of our own, by Us\n/)
    expect(stdout).toMatch(/^fp16, dense +65 +TFLOP\/s +uncalibrated +half of another card$/m)
    expect(stdout).not.toContain('int8')
    expect(stdout).toMatch(/0\.30 +spot +B[^\n]*\n *0\.90 +on-demand +A/)
    expect(stdout).toContain('uncalibrated: assumed, without a measured source')
  })

  test('--json prints the accelerator, which is a file again', async () => {
    const printed = await run('accelerators', 't4', '--json')
    put(folder, 'printed.json', printed.stdout)
    const again = await run('accelerators', 'printed.json', '--json')
    expect(again).toEqual(printed)
    // a path comes before a shipped name, a folder does not
    put(folder, 'l4', OWN)
    mkdirSync(`${folder}/a10`)
    expect(await documentOf('accelerators', 'l4')).toMatchObject({ name: 'own' })
    expect(await documentOf('accelerators', 'a10')).toMatchObject({ name: 'a10' })
  })

  test('refuses a name that is neither, and lists near ones', async () => {
    const ended = await run('accelerators', 'h100')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toBe(
      'error: h100: cannot read the accelerator: no such file; did you mean h100-pcie, h100-sxm? `spillway accelerators` lists those that ship\n',
    )
  })

  test('refuses a file with every problem and its place', async () => {
    const text = changed(OWN, ['bandwidth', 'bandwith'], ['checked', 'sure'], [/, source: its/, ''])
    put(folder, 'bad.yaml', text.replace(/, sku: x.*/, ', sku: x }'))
    const ended = await run('accelerators', 'bad.yaml', '--json')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr.trimEnd().split('\n')).toEqual([
      'error: bad.yaml:5:38 memory_gib.confidence: expected one of checked, secondary, unverified, uncalibrated, got "sure"',
      'error: bad.yaml:6:1 bandwith_gb_s: unknown key; did you mean bandwidth_gb_s?',
      'error: bad.yaml:11:5 prices.0.source: expected text, got nothing',
    ])
    const scenario = await run('scenarios', 'show', 'overload')
    put(folder, 'overload.yaml', scenario.stdout)
    const refused = await run('accelerators', 'overload.yaml')
    expectRefusal(refused, 3, folder)
    expect(refused.stderr).toMatch(
      /^error: overload\.yaml:4:1 spillway: expected an accelerator, .*\n$/,
    )
  })
})

test('schema --document accelerator is a schema of input files: prices may be left out', async () => {
  const schema = (await documentOf('schema', '--document', 'accelerator')) as Record<
    string,
    unknown
  >
  expect(schema).toMatchObject({ title: 'Spillway accelerator' })
  const { prices: _, ...unpriced } = shippedAccelerators()[0]!
  const validator = z.fromJSONSchema(schema)
  expect(validator.safeParse(unpriced).success).toBe(true)
  expect(validator.safeParse({ ...unpriced, power_w: 150 }).success).toBe(false)
})
