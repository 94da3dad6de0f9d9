import type { Article } from '../../study.ts'
import { SHARED } from '../published.ts'
import { haveLoadTests, SOURCE } from './load-test.ts'
import { SMALL, studied, WHOLE } from './study.ts'
import { madeOf } from './text.ts'

export const vllm: Article<'vllm'> = {
  study: 'vllm',
  isThere: haveLoadTests,
  missing: `expected the load test of vLLM in ${SHARED.pathname}; it is ${SOURCE}`,
  smoke: async () => {
    const study = studied(SMALL)
    madeOf(study)
    return `2 laws fitted, and ${study.stages.length} stages predicted`
  },
  make: async () => madeOf(studied(WHOLE)),
}
