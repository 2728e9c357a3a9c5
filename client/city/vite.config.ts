import { defineConfig } from 'vite'

// The policy of the port that serves this (server/gateway/page.py) runs no script and takes no style that is inline.
export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // three alone is 600 KB; it comes once and stays in the browser's cache under its hash.
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      output: { manualChunks: (id: string) => (id.includes('/node_modules/three/') ? 'three' : undefined) },
    },
  },
})
