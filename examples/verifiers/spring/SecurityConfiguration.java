import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.jwt.SupplierJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Accepts Latchkey's tokens. Needs Spring Security 6.5 or later, as `spring-boot-starter-oauth2-resource-server` brings
 * it. The caller's `users.id` is `Jwt.getSubject()`, also `Authentication.getName()`.
 */
@Configuration
class SecurityConfiguration {

    /**
     * Finds the keys through the issuer's discovery document, at the first request: this service starts without Latchkey.
     * Keeps the keys for five minutes.
     */
    @Bean
    JwtDecoder latchkey(@Value("${latchkey.issuer}") String issuer, @Value("${latchkey.audience}") String audience) {
        return new SupplierJwtDecoder(() -> {
            // By default Spring accepts the algorithms of the keys that are published now, and no others later.
            NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer)
                .jwsAlgorithm(SignatureAlgorithm.ES256)
                .jwsAlgorithm(SignatureAlgorithm.RS256)
                .validateType(false)
                .build();
            // By default Spring refuses `typ: at+jwt`: validateType and the default validator accept `JWT` alone.
            decoder.setJwtValidator(JwtValidators.createAtJwtValidator().issuer(issuer).audience(audience).build());
            return decoder;
        });
    }

    @Bean
    SecurityFilterChain everyRouteNeedsAToken(HttpSecurity http) throws Exception {
        return http
            .authorizeHttpRequests(routes -> routes.anyRequest().authenticated())
            .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
            .build();
    }
}
