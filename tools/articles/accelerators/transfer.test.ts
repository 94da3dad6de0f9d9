import { test } from 'vitest'
import { missedByKind, transferStudy } from './transfer-study.ts'

test('x', async () => {
  const all = await transferStudy()
  console.log(JSON.stringify(missedByKind(all), null, 1))
}, 600_000)
