import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadScenario } from './load.ts'
import { shippedHint, shippedNames, shippedText } from './shipped.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-shipped-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): string {
  const path = join(folder, file)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

describe('a shipped scenario', () => {
  test('has the name of its file', async () => {
    const library = new URL('../library', import.meta.url)
    const files = readdirSync(library).map((file) => file.replace('.yaml', ''))
    expect(shippedNames()).toEqual(files.sort())
    for (const name of files) expect((await loadScenario(name)).scenario.name).toBe(name)
  })

  test('is named in messages as it was given, and its relative paths start here', async () => {
    const { file, directory } = await loadScenario('azure-reserved-conv')
    expect({ file, directory }).toEqual({ file: 'azure-reserved-conv', directory: '.' })
  })

  test.each(shippedNames())('%s, printed and saved elsewhere, is the same', async (name) => {
    const saved = await loadScenario(write(`saved/${name}.yaml`, shippedText(name)))
    expect(saved.hash).toBe((await loadScenario(name)).hash)
    expect(saved.directory).toBe(join(folder, 'saved'))
    const [, schema] = /^# yaml-language-server: \$schema=(.*)$/m.exec(shippedText(name)) ?? []
    expect(schema).toBe(new URL('../scenario.schema.json', import.meta.url).pathname)
  })

  test('can be extended by its name; a file of that name beside comes first', async () => {
    const own = 'extends: overload\nname: own\nseed: 9\n'
    const { scenario } = await loadScenario(write('one/own.yaml', own))
    expect(scenario).toMatchObject({ name: 'own', seed: 9, duration_s: 90 })
    write('two/overload', shippedText('overload').replace('duration_s: 90', 'duration_s: 91'))
    const beside = await loadScenario(write('two/own.yaml', own))
    expect(beside.scenario.duration_s).toBe(91)
  })

  test('does not move the relative paths of a scenario that extends it', async () => {
    const { scenario } = await loadScenario(write('one/conv.yaml', 'extends: azure-pages-conv\n'))
    expect(scenario.traffic[0]!.arrivals).toMatchObject({
      file: 'AzureLLMInferenceTrace_conv.csv',
    })
  })
})

describe('a name that is neither a file nor shipped', () => {
  test.each([
    ['payment-pek', 'did you mean payment-peak? '],
    ['retry', 'did you mean retry-budget, retry-storm? '],
    ['runs/overload.yml', 'did you mean overload, overload-adaptive-lifo, overload-deadline? '],
    ['xyz', ''],
  ])('%s gets near names', async (name, near) => {
    const hint = `${near}\`spillway scenarios\` lists those that ship`
    expect(shippedHint(name)).toBe(hint)
    await expect(loadScenario(name)).rejects.toThrow(
      `${name}: cannot read the scenario: no such file; ${hint}`,
    )
    expect(() => shippedText(name)).toThrow(`${name}: no scenario of this name ships; ${hint}`)
  })

  test.each(['nul\0', '.'])('%j gets the reason why it cannot be read', async (name) => {
    await expect(loadScenario(name)).rejects.toThrow(/cannot read the scenario: a (name|folder)/)
  })
})
