/** Configuration as it may be shown: values of keys that hold secrets are hidden. */
export function maskSecrets(text: string): string {
  return text.replace(/^(\s*(?:- )?(?:[\w-]*(?:password|secret|bearer_token|credentials|token))\s*:\s*)(?!\s*$)(.+)$/gim, '$1<secret>').replace(/((?:password|client_secret|bearer_token|credentials)\s*:\s*)("[^"]*"|'[^']*'|[^,}\s]+)(?=\s*[,}])/gi, '$1<secret>');
}
