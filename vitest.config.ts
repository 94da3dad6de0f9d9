import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{sim,runtime,scenarios,reports,test}/**/*.test.ts'],
    testTimeout: 60_000,
    pool: 'forks',
  },
})
