import js from '@eslint/js';

const globals = Object.fromEntries(['process', 'console', 'setTimeout', 'setInterval', 'clearInterval', 'setImmediate',
  'AbortController', 'Buffer', 'Event', 'EventTarget', 'URL', 'performance', 'structuredClone',
].map((name) => [name, 'readonly']));

export default [
  { ignores: ['build/', 'docs/', 'node_modules/'] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: 'module', globals },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'eqeqeq': 'error', 'no-shadow': 'error', 'no-var': 'error', 'prefer-const': 'error', 
      'max-len': ['error', { code: 120 }], 'semi': ['error', 'always'],
      'quotes': ['error', 'single', { avoidEscape: true }],
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }], 'no-empty-function': 'off',
      'max-lines-per-function': ['error', { max: 70, skipComments: true }],
    },
  },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off' } },
];
