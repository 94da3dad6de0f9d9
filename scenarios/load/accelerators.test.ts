import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { OWN_CARD } from '../../test/own-card.ts'
import { changed } from '../../test/scenarios.ts'
import { Failure } from '../failure.ts'
import { parseAccelerator } from '../parse/accelerator.ts'
import { confidences } from '../schema/schema-accelerator.ts'
import { loadAccelerator, shippedAccelerators } from './accelerators.ts'
import { acceleratorNames } from './shipped.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-accelerators-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** The problems of the text above with some of it changed, without the name of the file. */
function problemsOf(...changes: Parameters<typeof changed>[1][]): readonly string[] {
  try {
    parseAccelerator(changed(OWN_CARD, ...changes), 'own.yaml')
    return []
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.problems
  }
}

/** Every figure of a value, by its path. */
function figuresOf(value: unknown, path = ''): [path: string, figure: Record<string, unknown>][] {
  if (typeof value !== 'object' || value === null) return []
  if ('value' in value) return [[path, value as Record<string, unknown>]]
  return Object.entries(value).flatMap(([key, inner]) => figuresOf(inner, `${path}.${key}`))
}

describe('the catalogue', () => {
  test('has every file, named as its accelerator, and can be read by that name', async () => {
    const files = readdirSync(new URL('../accelerators', import.meta.url))
    expect(files.map((file) => file.replace('.yaml', '')).sort()).toEqual(acceleratorNames())
    const all = shippedAccelerators()
    expect(all.map(({ name }) => name)).toEqual(acceleratorNames())
    expect(all.length).toBeGreaterThanOrEqual(14)
    for (const one of all) expect(await loadAccelerator(one.name, folder)).toEqual(one)
  })

  test.each(shippedAccelerators())('$name: each figure has a source and a confidence', (one) => {
    const figures = figuresOf(one)
    expect(figures.length).toBeGreaterThanOrEqual(6)
    for (const [path, { source, confidence }] of figures) {
      expect(source, path).toMatch(/^\S.{2,}/)
      expect(Object.keys(confidences), path).toContain(confidence)
    }
    // a number without them would be no figure
    expect(Object.values(one).filter((value) => typeof value === 'number')).toEqual([1])
  })

  test('holds dense figures in the order that the hardware implies', () => {
    for (const { name, tflops } of shippedAccelerators()) {
      const { fp32, tf32, fp16, fp8, int8 } = tflops
      const rising = [fp32, tf32, fp16, fp8 ?? int8].flatMap((figure) => figure?.value ?? [])
      expect(rising, name).toEqual(rising.toSorted((a, b) => a - b))
      // with sparsity, int8 would be four times fp16
      if (fp16 && int8) expect(int8.value / fp16.value, name).toBeCloseTo(2, 1)
    }
  })

  test('cannot be changed by its user', () => {
    const [first] = shippedAccelerators()
    expect(() => Object.assign(first!.memory_gib, { value: 1 })).toThrow(TypeError)
  })
})

describe("a user's file", () => {
  test('is found relative to the folder, by an absolute path, and before a shipped name', async () => {
    const path = write('cards/own.yaml', OWN_CARD)
    const own = await loadAccelerator('cards/own.yaml', folder)
    expect(own).toMatchObject({ name: 'own', prices: [], tflops: { fp16: { value: 65 } } })
    expect(await loadAccelerator(path, '/')).toEqual(own)
    expect((await loadAccelerator('t4', join(folder, 'cards'))).name).toBe('t4')
    write('cards/t4', OWN_CARD)
    expect((await loadAccelerator('t4', join(folder, 'cards'))).name).toBe('own')
  })

  test('may be what --json prints, or name its schema', () => {
    const own = parseAccelerator(`$schema: a.json\n${OWN_CARD}`, 'own.yaml')
    expect(own).not.toHaveProperty('$schema')
    for (const one of [own, ...shippedAccelerators()]) {
      expect(parseAccelerator(JSON.stringify(one), 'printed.json')).toEqual(one)
    }
  })

  test('has no problems as it stands', () => expect(problemsOf(['Us', 'We'])).toEqual([]))

  test.each([
    [
      ['confidence: checked', 'confidence: cheked'],
      '5:38 memory_gib.confidence: expected one of checked, secondary, unverified, uncalibrated, got "cheked"; did you mean checked?',
    ],
    [['bandwidth', 'bandwith'], '6:1 bandwith_gb_s: unknown key; did you mean bandwidth_gb_s?'],
    [[', source: nvidia-smi }\nb', ' }\nb'], '5:13 memory_gib.source: expected text, got nothing'],
    [['value: 70', 'value: -70'], '9:19 power_w.value: expected a number above 0, got -70'],
    [[/\{ value: 65.*/, '65'], '8:9 tflops.fp16: expected a map, got 65'],
    [
      [/\n {2}fp16.*/, ' {}'],
      '7:9 tflops: expected at least one of fp32, tf32, fp16, fp8, int8, got a map',
    ],
    [['accelerator: 1', 'accelerator: 2'], '1:14 accelerator: expected 1, got 2'],
    [
      [
        /$/,
        'prices: [{ usd_per_hour: 1, tier: spot, provider: a, sku: b, date: 2026, source: c }]',
      ],
      '10:68 prices.0.date: expected text, got 2026; write it in quotes: "2026"',
    ],
    [
      [/$/, 'idle_w: { value: 90, confidence: checked, source: a meter }'],
      '10:18 idle_w.value: expected at most power_w, which is 70, got 90',
    ],
    [
      [
        /$/,
        'throttle_c: { value: 95, confidence: checked, source: a log }\nshutdown_c: { value: 92, confidence: checked, source: a log }',
      ],
      '10:22 throttle_c.value: expected at most shutdown_c, which is 92, got 95',
    ],
  ] as const)('a problem has its place: %j', (change, problem) => {
    expect(problemsOf(change)).toEqual([`own.yaml:${problem}`])
  })

  test('all problems are reported at once, in the order of the text', () => {
    const problems = problemsOf(['value: 16', 'value: big'], ['name: own', 'name: an own'])
    expect(problems.map((text) => /:\d+:\d+ /.exec(text)?.[0])).toEqual([':2:7 ', ':5:22 '])
    expect(problemsOf(['power_w', '"power_w'])[0]).toMatch(/^own\.yaml:9:1: expected valid YAML/)
  })

  test('messages name the file as it is found from here', async () => {
    write('bad.yaml', changed(OWN_CARD, ['value: 16', 'value: big']))
    const path = join(folder, 'bad.yaml')
    await expect(loadAccelerator('bad.yaml', folder)).rejects.toThrow(`${path}:5:22 memory_gib`)
  })
})

describe('a name that is neither a file nor shipped', () => {
  const LIST = '`spillway accelerators` lists those that ship'

  test.each([
    ['h100', `no such file; did you mean h100-pcie, h100-sxm? ${LIST}`],
    ['a100-sxm', `no such file; did you mean a100-sxm-40, a100-sxm-80? ${LIST}`],
    ['H200_SXM', `no such file; did you mean h200-sxm? ${LIST}`],
    ['h10-pcie', `no such file; did you mean h100-pcie? ${LIST}`],
    ['xyz', `no such file; ${LIST}`],
    ['.', 'a folder'],
    ['nul\0', 'a name with a null byte'],
  ])('%j gets near names, or the reason', async (name, reason) => {
    await expect(loadAccelerator(name, folder)).rejects.toThrow(
      `${name}: cannot read the accelerator: ${reason}`,
    )
  })

  test('a file of other bytes or of great size is refused', async () => {
    writeFileSync(join(folder, 'bytes.yaml'), new Uint8Array([0x61, 0xff]))
    await expect(loadAccelerator('bytes.yaml', folder)).rejects.toThrow('bytes that are not UTF-8')
    write('large.yaml', ' '.repeat(1_000_001))
    await expect(loadAccelerator('large.yaml', folder)).rejects.toThrow('1 MB that are read')
  })
})
