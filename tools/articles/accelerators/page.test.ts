import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../../test/command-line.ts'
import type { Section } from '../../study.ts'
import { haveBert } from './bert.ts'
import { encoderFits, precisionText } from './encoder-fits.ts'
import { pageText } from './page.ts'
import { encoderThroughput, valueAt } from './throughput.ts'

const study = (name: string, missed: readonly string[]) => ({
  inputs: name,
  predicted: 'the others',
  bar: '10 %',
  section: { text: `## ${name}`, images: [], missed } satisfies Section,
})

describe('the table on top', () => {
  test('begins with the bars that are missed, and counts those that are met', () => {
    const text = pageText([study('good', []), study('bad', ['bad: 12 %, bar 10 %'])], [])
    expect(text.indexOf('[bad](#bad)')).toBeLessThan(text.indexOf('[good](#good)'))
    expect(text).toContain('**missed**: bad: 12 %, bar 10 %')
    expect(text).toContain('1 of 2 meet their bars.')
  })

  test('without missed bars has none in bold', () => {
    expect(pageText([study('good', [])], [])).not.toContain('**missed**')
  })
})

describe.skipIf(!haveBert())(
  'efficiencies of BERT-base, where ../shared has the rows',
  async () => {
    const fits = haveBert() ? await encoderFits() : []

    test('predict the other half of the cells within 15 % in the median', () => {
      expect(fits).toHaveLength(6)
      for (const { errors } of fits) expect(errors.median).toBeLessThan(0.15)
    })

    test('are those of the library scenario', () => {
      const text = readFileSync(join(ROOT, 'scenarios/library/precision.yaml'), 'utf8')
      expect(precisionText(fits)).toBe(text)
      expect(Object.keys(parse(text).variants)).toHaveLength(fits.length)
    })

    test('give int8 nothing at batch 1 and much at batch 64, which usual ones do not show', async () => {
      const gain = async (of: typeof fits, batch: number) => {
        const swept = await encoderThroughput(of)
        return valueAt(swept, 't4', 'int8', batch)! / valueAt(swept, 't4', 'fp16', batch)!
      }
      expect(await gain(fits, 1)).toBeLessThan(1.05)
      expect(await gain(fits, 64)).toBeGreaterThan(1.5)
      expect(await gain([], 1)).toBeGreaterThan(1.05)
    })
  },
)
