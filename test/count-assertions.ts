import { afterEach, expect } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** how often the test called expect */
    assertions?: number
  }
}

afterEach(({ task }) => {
  task.meta.assertions = expect.getState().assertionCalls
})
