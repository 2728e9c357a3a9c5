import { defineConfig } from 'vitest/config'

// A real city is started for some of these; on a machine with two cores and other work that takes a while.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } })
