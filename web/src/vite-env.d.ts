/** Made by the build from the token list of the report. */
declare module 'virtual:tokens.css' {}
