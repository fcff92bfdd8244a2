import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Accepts Latchkey's tokens. Needs Spring Security 6.5 or later, as `spring-boot-starter-oauth2-resource-server` brings
 * it. The caller's `users.id` is `Jwt.getSubject()`, also `Authentication.getName()`.
 */
@Configuration
class SecurityConfiguration {

    /** Finds the keys, and their algorithms, through the issuer's discovery document. Keeps them for five minutes. */
    @Bean
    JwtDecoder latchkey(@Value("${latchkey.issuer}") String issuer, @Value("${latchkey.audience}") String audience) {
        // Without these two lines Spring refuses `typ: at+jwt`: its default is `JWT` alone.
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator().issuer(issuer).audience(audience).build());
        return decoder;
    }

    @Bean
    SecurityFilterChain everyRouteNeedsAToken(HttpSecurity http) throws Exception {
        return http
            .authorizeHttpRequests(routes -> routes.anyRequest().authenticated())
            .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
            .build();
    }
}
