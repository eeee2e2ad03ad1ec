import { readFileSync } from 'node:fs'
import preact from '@preact/preset-vite'
import { defineConfig, type ProxyOptions } from 'vite'

// `npm run dev` shows the sources against a running installation: RINGLAKE_API is its public address,
// as `make demo` prints it. Nothing of this is in the built site.
const api = process.env.RINGLAKE_API ?? ''
const { origin, pathname } = new URL(api || 'http://localhost')
const toApi: ProxyOptions = { target: origin, changeOrigin: true, rewrite: (path) => pathname + path }
const toOrigin: ProxyOptions = { target: origin, changeOrigin: true }

export default defineConfig({
  // Addresses are relative to <base href>, which the server sets to where it stands.
  base: './',
  plugins: [preact()],
  build: {
    target: 'es2022',
    sourcemap: false,
    // The policy of the pages allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: api
      ? { '/v1': toApi, '/config.json': toApi, '/live/': toApi, '/oauth2': toOrigin, '/login': toOrigin }
      : undefined,
  },
  test: { include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'] },
  define: { __VERSION__: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version ?? '') },
} as Parameters<typeof defineConfig>[0])
